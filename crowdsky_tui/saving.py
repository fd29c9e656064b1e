"""Writing settings: `config.local.toml` beside the user's own file, which is never touched."""

import difflib
import os
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crowdsky_tui.errors import SettingsError
from crowdsky_tui.settings import Loaded, Settings, check, flat, merge, nested, read_toml


def save_setting(loaded: Loaded, key: str, text: str) -> Any:
    """Set one dotted key in `config.local.toml`, atomically, mode 0600; return the stored value.

    `text` is read as TOML where it is valid TOML (`20`, `true`, `["a"]`), as a string otherwise.
    Raises SettingsError and writes nothing if the result would not be valid.
    """
    known = flat(Settings())
    if key not in known and not key.startswith("keymap."):
        close = difflib.get_close_matches(key, known, n=1, cutoff=0.4)
        hint = f"Did you mean {close[0]}?" if close else "See config.example.toml"
        raise SettingsError(f"{key} is not a setting", "", hint)
    layer = read_toml(loaded.local_path)
    value: Any = text
    for candidate in (_toml_value(text), text):
        attempt = _copy(layer)
        merge(attempt, nested({key: candidate}))
        try:
            check(attempt, str(loaded.local_path))
        except SettingsError:
            if candidate is text:
                raise
            continue
        value, layer = candidate, attempt
        break
    _write_private(loaded.local_path, layer)
    return value


def save_exactly(loaded: Loaded, values: Mapping[str, Any]) -> None:
    """Set dotted keys to exactly these values, all in one write, mode 0600.

    Text stays as it is, with its blanks and quotes: passwords may have both. Raises SettingsError.
    """
    layer = _copy(read_toml(loaded.local_path))
    merge(layer, nested(values))
    check(layer, str(loaded.local_path))
    _write_private(loaded.local_path, layer)


def _copy(tree: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _copy(value) if isinstance(value, Mapping) else value for key, value in tree.items()
    }


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return text


def _write_private(path: Path, data: Mapping[str, Any]) -> None:
    import tomli_w

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".config-", suffix=".toml")
    try:
        with os.fdopen(handle, "wb") as file:  # mkstemp creates it with mode 0600
            tomli_w.dump(data, file)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
