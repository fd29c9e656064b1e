"""All settings as lines for people, and changing them: for the settings screen and for `config`."""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from crowdsky_tui.base.errors import SettingsError
from crowdsky_tui.config.describe import setting_of
from crowdsky_tui.config.load import SECRET_KEYS, Loaded, read_settings
from crowdsky_tui.config.values import flat, source_of
from crowdsky_tui.config.write import PAIRS, forget_settings, save_settings

APP_SECTIONS = ("display", "keymap")


class SettingLine(msgspec.Struct, frozen=True):
    """One setting as it is: `value` is masked if it is a secret, `source` the layer it is from.

    `kept` says that config.local.toml holds it. `choices` are all it can be, if that is few.
    """

    key: str
    value: str
    source: str
    meaning: str
    choices: tuple[str, ...] = ()
    secret: bool = False
    kept: bool = False


class SettingsBook:
    """The settings of one run: `config` is the file given to it, None for the usual one.

    `overrides` are the command line's. All methods read or write files.
    """

    def __init__(
        self, config: Path | None = None, overrides: Mapping[str, Any] | None = None
    ) -> None:
        self._read = partial(read_settings, config, os.environ, overrides)

    def read(self) -> Loaded:
        """All layers as they are now. Raises SettingsError."""
        return self._read()

    def lines(self) -> tuple[SettingLine, ...]:
        """Every setting. Raises SettingsError."""
        loaded = self.read()
        return tuple(_line(loaded, key, value) for key, value in flat(loaded.settings).items())

    def save(self, texts: Mapping[str, str]) -> str:
        """Write settings as they were typed; returns a plain line. Raises SettingsError."""
        loaded = self.read()
        save_settings(loaded, texts)
        note = f"{' and '.join(texts)} saved in {loaded.local_path.name}"
        after = self.read()
        winners = {source_of(after, key) for key in texts} & {"environment", "command line"}
        return f"{note}. But the {winners.pop()} decides" if winners else note

    def forget(self, key: str) -> str:
        """Take a setting, or all of a section, out of config.local.toml; returns a plain line.

        Raises SettingsError.
        """
        loaded = self.read()
        inside = [each for each in flat(loaded.settings) if each.startswith(f"{key}.")]
        if inside and key != "scopes":
            kept = [each for each in inside if _kept(loaded, each)]
            if not kept:
                raise SettingsError(f"nothing of {key} is in {loaded.local_path.name}")
            forget_settings(loaded, kept)
            return f"{' and '.join(kept)} are no more in {loaded.local_path.name}"
        setting_of(key)
        if not _kept(loaded, key):
            raise SettingsError(f"{key} is not in {loaded.local_path.name}", "nothing to take back")
        forget_settings(loaded, [key])
        return f"{key} is no more in {loaded.local_path.name}"


def pair_of(key: str) -> tuple[str, ...]:
    """The settings that are set together with this one, itself among them."""
    return next((pair for pair in PAIRS if key in pair), (key,))


def for_the_app(key: str) -> bool:
    """Whether a setting is the app's own, even where it is attached to an agent."""
    return key.partition(".")[0] in APP_SECTIONS


def shown(value: object) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return str(value).lower()
    if value in ((), {}, [], None):
        return "(none)"
    return "(empty)" if value == "" else str(value)


def shown_of(key: str, value: object) -> str:
    """A setting's value as people read it, with its unit."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    unit = setting_of(key).unit if number else None
    return shown(value) if unit is None else unit.show(float(str(value)))


def _line(loaded: Loaded, key: str, value: object) -> SettingLine:
    setting, source = setting_of(key), source_of(loaded, key)
    return SettingLine(
        key,
        shown_of(key, value),
        Path(source).name,
        setting.meaning,
        setting.choices,
        key in SECRET_KEYS,
        _kept(loaded, key),
    )


def _kept(loaded: Loaded, key: str) -> bool:
    return source_of(loaded, key) == str(loaded.local_path)
