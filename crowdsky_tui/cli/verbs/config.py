"""Show and change settings."""

import re
import sys
from getpass import getpass
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.base.redaction import keep_secret
from crowdsky_tui.cli.options import CommonOptions, option, overrides, positional
from crowdsky_tui.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from crowdsky_tui.cli.documents.look import SettingsFiles
    from crowdsky_tui.config.load import Loaded

ASKED_FOR = frozenset(
    {
        "server.password",
        "server.api_key",
        "notices.url",
        "database.url",
        "remote.password",
        "mqtt.password",
        "surveys.atlas_password",
    }
)
"""Secrets that 'config set' asks for, so that neither process list nor history holds them."""
LONGEST_SECRET = 4096
SEEN = (
    "{key} stood in the process list and stands in your shell's history: next time leave it out"
    " ('config set {key}' asks for it), and take it out of the history"
)


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `config` takes."""

    what: Annotated[
        str, positional(None, choices=("path", "show", "get", "set", "unset", "example"))
    ]
    key: Annotated[str | None, positional("KEY", nargs="?", completes="setting")] = None
    value: Annotated[str | None, positional("VALUE", nargs="?")] = None
    default: Annotated[
        str | None, option("TEXT", "'get' says this where nothing is set or known")
    ] = None
    more: Annotated[tuple[str, ...], positional("KEY VALUE", "more to set with it", "*")] = ()


def config(options: Options) -> int:
    """Show or change settings. Secrets are never printed."""
    from crowdsky_tui.config.load import read_settings

    loaded = read_settings(options.config, overrides=overrides(options))
    return _ACTIONS[options.what](options, loaded)


def _path(options: Options, loaded: "Loaded") -> int:
    paths: SettingsFiles = {"config": str(loaded.path), "local": str(loaded.local_path)}
    if options.json:
        print_json(paths)
    else:
        print(f"{paths['config']}\n{paths['local']}")
    return ExitCode.OK


def _show(options: Options, loaded: "Loaded") -> int:
    from crowdsky_tui.config.editor import shown_of
    from crowdsky_tui.config.values import flat, source_of

    values = flat(loaded.settings)
    sources = {key: source_of(loaded, key) for key in values}
    if options.json:
        print_json({key: {"value": values[key], "source": sources[key]} for key in values})
    else:
        rows = [(key, shown_of(key, values[key]), sources[key]) for key in values]
        print_table(("key", "value", "from"), rows)
    return ExitCode.OK


def _get(options: Options, loaded: "Loaded") -> int:
    """One setting, or all of a section."""
    from crowdsky_tui.config.describe import setting_of
    from crowdsky_tui.config.editor import shown, shown_of
    from crowdsky_tui.config.values import flat

    key = _dotted(_need_key(options))
    found = {
        name: value
        for name, value in flat(loaded.settings).items()
        if name == key or name.startswith(f"{key}.")
    }
    if options.default is not None and list(found.values()) in ([], [None]):
        found = {key: options.default}
    if not found:
        setting_of(key)
        raise UsageError(f"{options.key} is not set", "", "'config show' lists all that are")
    if options.json:
        print_json(found)
    elif list(found) == [key]:
        print(shown(found[key]) if found[key] is options.default else shown_of(key, found[key]))
    else:
        print_table(("key", "value"), [(name, shown_of(name, found[name])) for name in found])
    return ExitCode.OK


def _unset(options: Options, loaded: "Loaded") -> int:
    """Take settings or whole sections out of what the program keeps."""
    from crowdsky_tui.config.editor import SettingsBook

    keys = [_need_key(options), *([options.value] if options.value else []), *options.more]
    book = SettingsBook(options.config)
    notes = [book.forget(_dotted(key)) for key in keys]
    if options.json:
        print_json({"unset": keys, "file": str(loaded.local_path)})
    else:
        print("\n".join(notes))
    return ExitCode.OK


def _dotted(key: str) -> str:
    """`scopes[0].host` is `scopes.1.host`."""
    return re.sub(r"\[(\d{1,3})\]", lambda found: f".{int(found[1]) + 1}", key)


def _set(options: Options, loaded: "Loaded") -> int:
    from crowdsky_tui.config.editor import SettingsBook

    key = _dotted(_need_key(options))
    secret = key in ASKED_FOR
    if options.value is None and not secret:
        raise UsageError("config set needs a key and a value", "", f"config set {key} VALUE")
    if len(options.more) % 2:
        raise UsageError("config set takes pairs", f"{options.more[-1]} has no value")
    value = _prompted(key) if options.value is None else options.value
    pairs = zip(map(_dotted, options.more[::2]), options.more[1::2], strict=True)
    texts = {key: value, **dict(pairs)}
    seen = [each for each in texts if each in ASKED_FOR and (each != key or options.value)]
    keep_secret(*(texts[each] for each in texts if each in ASKED_FOR))
    note = SettingsBook(options.config).save(texts)
    for each in seen:
        say(SEEN.format(key=each))
    if options.json:
        print_json({"saved": [*texts], "file": str(loaded.local_path)})
    else:
        print(note)
    return ExitCode.OK


def _prompted(key: str) -> str:
    """A secret, typed without an echo, or the first line of stdin where nobody types."""
    if sys.stdin.isatty():
        value = getpass(f"{key}: ")
    else:
        value = sys.stdin.readline(LONGEST_SECRET).removesuffix("\n").removesuffix("\r")
    if not value:
        raise UsageError(
            f"{key} was not changed", "nothing was typed", "Take it back in the app (E)"
        )
    return value


def _example(options: Options, loaded: "Loaded") -> int:
    from crowdsky_tui.config.describe import example_file

    print(example_file(), end="")
    return ExitCode.OK


def _need_key(options: Options) -> str:
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.config.values import flat

    if options.key is None:
        known = ", ".join(flat(Settings()))
        raise UsageError(f"config {options.what} needs a key", f"there are: {known}")
    return str(options.key)


_ACTIONS = {
    "path": _path,
    "show": _show,
    "get": _get,
    "set": _set,
    "unset": _unset,
    "example": _example,
}
