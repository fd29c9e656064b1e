"""What each setting means and may be, read off the typed settings; and the example file of them."""

import difflib
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any, Literal, get_args, get_origin

import msgspec

from crowdsky_tui.base.errors import SettingsError
from crowdsky_tui.config.load import TABLES, Settings
from crowdsky_tui.config.units import Unit, unit_of

WIDTH = 98
HEAD = """\
# Every setting of crowdsky-tui with its default, as 'crowdsky-tui config example' prints it. Copy
# this file to ~/.config/crowdsky-tui/config.toml ('crowdsky-tui config path' says where yours is)
# and uncomment what you want to change.
# The program itself writes only config.local.toml beside it, never this file.
"""


class Setting(msgspec.Struct, frozen=True):
    """One setting. `key` is dotted; that of a telescope's setting is `scopes.N.name`.

    `choices` are all the values it can have, empty where there are too many. `typed` says that it
    is any text, to be taken as it is typed. `example` is a value where the default shows nothing.
    `unit` is what a number is in, `whole` that it has no fraction.
    """

    key: str
    meaning: str
    default: Any
    choices: tuple[str, ...] = ()
    typed: bool = False
    example: Any = None
    unit: Unit | None = None
    whole: bool = False


def known(section: type[msgspec.Struct] = Settings, prefix: str = "") -> Iterator[Setting]:
    """All settings of a section and of those inside it."""
    for field in msgspec.structs.fields(section):
        key = f"{prefix}{field.name}"
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from known(field.type, f"{key}.")
        else:
            yield _setting(key, field)


def _setting(key: str, field: msgspec.structs.FieldInfo) -> Setting:
    kind, *notes = get_args(field.type)
    (said,) = (note for note in notes if note.description)
    choices: tuple[str, ...] = ()
    if kind is bool:
        choices = ("true", "false")
    elif get_origin(kind) is Literal:
        choices = get_args(kind)
    default = {} if field.default is msgspec.NODEFAULT else field.default
    example = said.examples[0] if said.examples else None
    unit = unit_of(field.type)
    return Setting(key, said.description, default, choices, kind is str, example, unit, kind is int)


@cache
def _by_key() -> dict[str, Setting]:
    each = (known(section, f"{table}.N.") for table, section in TABLES.items())
    return {setting.key: setting for setting in chain(known(), *each)}


def setting_of(key: str) -> Setting:
    """The setting with this key, such as `server.url`, `scopes.1.host` or `keymap.stack`.

    Raises SettingsError naming the nearest one.
    """
    group, _, rest = key.partition(".")
    number, _, name = rest.partition(".")
    if group in TABLES and number.isdigit():
        wanted = f"{group}.N.{name}"
    elif group == "keymap":
        wanted = "keymap"
    else:
        wanted = key
    found = _by_key().get(wanted)
    if found is None:
        close = difflib.get_close_matches(wanted, _by_key(), n=1, cutoff=0.4)
        hint = f"Did you mean {close[0]}?" if close else "'config show' lists all of them"
        raise SettingsError(f"{key} is not a setting", "", hint)
    return msgspec.structs.replace(found, key=key, typed=found.typed or wanted == "keymap")


def example_file() -> str:
    """The text of config.example.toml: every setting with its meaning and its default."""
    groups: dict[str, list[Setting]] = {}
    for setting in known():
        groups.setdefault(setting.key.rpartition(".")[0], []).append(setting)
    alone = {setting.key: setting for setting in groups.pop("")}
    keymap = alone.pop("keymap")
    tables = {table: alone.pop(table) for table in TABLES}
    parts = [HEAD, "".join(map(_entry, alone.values()))]
    parts += [f"[{group}]\n" + "".join(map(_entry, each)) for group, each in groups.items()]
    keys = "".join(f"# {_assigned(*item)}\n" for item in keymap.example.items())
    parts.append(f"{_comment(keymap.meaning)}[keymap]\n{keys}")
    for table, setting in tables.items():
        each = "".join(map(_entry, known(TABLES[table])))
        parts.append(f"{_comment(setting.meaning)}# [[{table}]]\n{each}")
    return "\n".join(parts)


def _entry(setting: Setting) -> str:
    value = setting.default if setting.example is None else setting.example
    name = setting.key.rpartition(".")[2]
    return f"{_comment(setting.meaning)}# {_assigned(name, value)}\n"


def _comment(text: str) -> str:
    lines = textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)
    return "".join(f"# {line}\n" for line in lines)


def _assigned(name: str, value: Any) -> str:
    import tomli_w

    if isinstance(value, list):  # on one line
        return f"{name} = {msgspec.json.encode(value).decode()}"
    return tomli_w.dumps({name: value}).strip()
