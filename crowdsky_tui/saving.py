"""Writing settings: `config.local.toml` beside the user's own file, which is never touched."""

import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec

from crowdsky_tui.atomic import write_whole
from crowdsky_tui.errors import SettingsError
from crowdsky_tui.meanings import setting_of
from crowdsky_tui.sections import ScopeSettings
from crowdsky_tui.settings import Loaded, check, merge, nested, read_toml

PAIRS = (("notices.quiet_from", "notices.quiet_to"), ("clock.origin", "clock.since"))
"""Settings that are valid only together: the other one is written with the one that changes."""


def save_setting(loaded: Loaded, key: str, text: str) -> None:
    """Set one dotted key in `config.local.toml`; see `save_settings`."""
    save_settings(loaded, {key: text})


def save_settings(loaded: Loaded, texts: Mapping[str, str]) -> None:
    """Set dotted keys in `config.local.toml`, all in one write, atomically, mode 0600.

    A setting that is text is taken exactly as it is typed, all others as TOML where that is valid
    (`20`, `true`). Raises SettingsError and writes nothing if the result would not be valid.
    """
    typed = {key: setting_of(key).typed for key in texts}
    values = {key: text if typed[key] else _toml_value(text) for key, text in texts.items()}
    for pair in PAIRS:
        if set(pair) & set(values):
            values = {key: _present(loaded, key) for key in pair} | values
    numbered = {key: value for key, value in values.items() if key.startswith("scopes.")}
    if numbered:
        values = {key: values[key] for key in values if key not in numbered}
        values["scopes"] = _scopes_with(loaded, numbered)
    save_exactly(loaded, {key: value for key, value in values.items() if value is not None})


def save_exactly(loaded: Loaded, values: Mapping[str, Any]) -> None:
    """Set dotted keys to exactly these values, all in one write, mode 0600.

    Text stays as it is, with its blanks and quotes: passwords may have both. Raises SettingsError.
    """
    layer = _copy(read_toml(loaded.local_path))
    merge(layer, nested(values))
    _write(loaded, layer)


def forget_setting(loaded: Loaded, key: str) -> None:
    """Take a key out of `config.local.toml`, so that the other layers decide. SettingsError."""
    layer = _copy(read_toml(loaded.local_path))
    if key.startswith("scopes."):
        layer["scopes"] = _scopes_with(loaded, {key: None})
    else:
        for each in next((pair for pair in PAIRS if key in pair), (key,)):
            *parents, leaf = each.split(".")
            table = layer
            for parent in parents:
                table = table.get(parent, {})
            table.pop(leaf, None)
    _write(loaded, layer)


def plain_scope(scope: ScopeSettings) -> dict[str, Any]:
    """A telescope's settings as they are written: what is not as by default."""
    usual = msgspec.structs.asdict(ScopeSettings())
    return {
        key: value for key, value in msgspec.structs.asdict(scope).items() if value != usual[key]
    }


def _present(loaded: Loaded, key: str) -> Any:
    section, _, name = key.partition(".")
    return getattr(getattr(loaded.settings, section), name)


def _scopes_with(loaded: Loaded, changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All telescopes with some settings changed: a layer holds the whole list or none.

    None takes a setting out.
    """
    scopes = [plain_scope(scope) for scope in loaded.settings.scopes]
    for key, value in changes.items():
        _, number, name = key.split(".")
        if not 1 <= int(number) <= len(scopes):
            raise SettingsError(
                f"{key} is not a setting",
                f"there are {len(scopes)} telescopes in the settings",
                "Find one with N in the app, or write [[scopes]] into your config.toml",
            )
        scopes[int(number) - 1][name] = value
    return [{name: value for name, value in each.items() if value is not None} for each in scopes]


def _write(loaded: Loaded, layer: dict[str, Any]) -> None:
    """Write the program's own layer if it is valid, by itself and over the user's."""
    import tomli_w

    whole = _copy(read_toml(loaded.path))
    merge(whole, layer)
    for tree in (layer, whole):
        check(tree, str(loaded.local_path))
    write_whole(loaded.local_path, tomli_w.dumps(layer).encode())


def _copy(tree: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _copy(value) if isinstance(value, Mapping) else value for key, value in tree.items()
    }


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return text
