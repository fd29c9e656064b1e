"""Writing settings: `config.local.toml` beside the user's own file, which is never touched."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from crowdsky_tui.base.errors import SettingsError
from crowdsky_tui.base.files import only_writer, write_whole
from crowdsky_tui.config.describe import setting_of
from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings
from crowdsky_tui.config.load import (
    TABLES,
    Loaded,
    Settings,
    Table,
    check,
    merge,
    nested,
    read_toml,
)

PAIRS = (
    ("notices.quiet_from", "notices.quiet_to"),
    ("clock.origin", "clock.since"),
    ("site.latitude", "site.longitude"),
)
"""Settings that are valid only together: the other one is written with the one that changes."""


def save_settings(loaded: Loaded, texts: Mapping[str, str]) -> None:
    """Set dotted keys in `config.local.toml`, all in one write, atomically, mode 0600.

    A setting that is text is taken exactly as it is typed, all others as TOML where that is valid
    (`20`, `true`). Raises SettingsError and writes nothing if the result would not be valid.
    """
    values = {key: _typed(key, text) for key, text in texts.items()}
    numbered = {key: value for key, value in values.items() if _table_of(key)}
    plain = {key: value for key, value in values.items() if key not in numbered}

    def change(layer: dict[str, Any], present: Settings) -> None:
        changed = dict(plain)
        for pair in PAIRS:
            if set(pair) & set(plain):
                changed = {key: _present(present, key) for key in pair} | changed
        for table in TABLES:
            if own := {key: each for key, each in numbered.items() if _table_of(key) == table}:
                changed[table] = _tables_with(present, table, own)
        merge(layer, nested({key: value for key, value in changed.items() if value is not None}))

    rewrite(loaded, change)


def save_exactly(loaded: Loaded, values: Mapping[str, Any]) -> None:
    """Set dotted keys to exactly these values, all in one write, mode 0600.

    Text stays as it is, with its blanks and quotes: passwords may have both. Raises SettingsError.
    """
    rewrite(loaded, lambda layer, _: merge(layer, nested(values)))


def forget_settings(loaded: Loaded, keys: Sequence[str]) -> None:
    """Take keys out of `config.local.toml`, so that the other layers decide. SettingsError."""

    def change(layer: dict[str, Any], present: Settings) -> None:
        for key in keys:
            if table := _table_of(key):
                layer[table] = _tables_with(present, table, {key: None})
                continue
            for each in next((pair for pair in PAIRS if key in pair), (key,)):
                *parents, leaf = each.split(".")
                section = layer
                for parent in parents:
                    section = section.get(parent, {})
                section.pop(leaf, None)

    rewrite(loaded, change)


def save_instrument(
    loaded: Loaded, instrument: InstrumentSettings, devices: Sequence[DeviceSettings]
) -> None:
    """Add an instrument with its devices to `config.local.toml`, in one write, mode 0600.

    Raises SettingsError, and writes nothing, if its name is taken or something does not fit.
    """

    def change(layer: dict[str, Any], present: Settings) -> None:
        every = (*present.instruments, instrument)
        layer["instruments"] = [plain_table(each) for each in every]
        layer["devices"] = [plain_table(each) for each in (*present.devices, *devices)]

    rewrite(loaded, change)


def plain_table(table: Table) -> dict[str, Any]:
    """A telescope's, sensor's or device's settings as they are written: what is not by default."""
    usual = msgspec.structs.asdict(type(table)())
    return {
        key: value for key, value in msgspec.structs.asdict(table).items() if value != usual[key]
    }


def _table_of(key: str) -> str:
    """The list of tables that a numbered key belongs to; empty for another key."""
    group, dot, _ = key.partition(".")
    return group if dot and group in TABLES else ""


def _typed(key: str, text: str) -> Any:
    """The value of a setting as it is written: text, TOML, or a number in the setting's unit."""
    setting = setting_of(key)
    if setting.typed:
        return text
    value = _toml_value(text)
    if setting.unit is None:
        return value
    try:
        number = setting.unit.read(value)
    except ValueError as error:
        raise SettingsError(f"{key} is not valid", str(error), "Type it like that") from error
    return int(number) if setting.whole and number.is_integer() else number


def _present(present: Settings, key: str) -> Any:
    section, _, name = key.partition(".")
    return getattr(getattr(present, section), name)


def _tables_with(present: Settings, table: str, changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All telescopes, or sensors, with some settings changed: a layer holds the whole list or none.

    None takes a setting out.
    """
    every = [plain_table(each) for each in getattr(present, table)]
    for key, value in changes.items():
        _, number, name = key.split(".")
        if not 1 <= int(number) <= len(every):
            what = {"scopes": "telescopes"}.get(table, table)
            find = "Find one with N in the app, or write" if table == "scopes" else "Write"
            raise SettingsError(
                f"{key} is not a setting",
                f"there are {len(every)} {what} in the settings",
                f"{find} [[{table}]] into your config.toml",
            )
        every[int(number) - 1][name] = value
    return [{name: value for name, value in each.items() if value is not None} for each in every]


def rewrite(loaded: Loaded, change: Callable[[dict[str, Any], Settings], None]) -> None:
    """Read the program's own layer, `change` it, and write it if it is valid over the user's.

    `change` gets what both files say now. Nobody else writes meanwhile: of two settings that are
    saved at the same time none is lost.
    """
    import tomli_w

    path = loaded.local_path
    try:
        with only_writer(path.parent):
            layer = _copy(read_toml(path))
            change(layer, check(_over(read_toml(loaded.path), layer), str(path)))
            for tree in (layer, _over(read_toml(loaded.path), layer)):
                _check_new(tree, str(path))
            write_whole(path, tomli_w.dumps(layer).encode())
    except TimeoutError as error:
        raise SettingsError(f"{path} is not written", str(error), "Try again") from error


def _check_new(tree: Mapping[str, Any], source: str) -> None:
    """`check`, for values that stand in no file yet."""
    try:
        check(tree, source)
    except SettingsError as error:
        what = error.what.removeprefix(f"{source}: ")
        raise SettingsError(what, error.why, "Nothing is written") from error


def _over(below: Mapping[str, Any], layer: Mapping[str, Any]) -> dict[str, Any]:
    whole = _copy(below)
    merge(whole, layer)
    return whole


def _copy(tree: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _copy(value) if isinstance(value, Mapping) else value for key, value in tree.items()
    }


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, KeyError, RecursionError):
        return text
