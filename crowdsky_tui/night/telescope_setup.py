"""Finding telescopes on the network and keeping those that the user chooses in the settings."""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.config.scope_settings import ScopeSettings, scope_name
from crowdsky_tui.config.write import plain_table, rewrite
from crowdsky_tui.instruments.seestar.connection.discovery import Found
from crowdsky_tui.instruments.seestar.factory import find_telescope_at, find_telescopes
from crowdsky_tui.instruments.seestar.files.files import MY_WORKS

SHORT_SERIAL = 4


class ScopeSetup:
    """For the picker of the app. `path` tells the settings file in use, None for the usual one.

    `here` says whether the night is this process's own, so that it can begin again.
    """

    def __init__(
        self, settings: Settings, path: Callable[[], Path | None], *, here: bool = True
    ) -> None:
        self._settings = settings
        self._path = path
        self.here = here

    @property
    def first_start(self) -> bool:
        """Whether no telescope is set yet."""
        return not self._settings.scopes

    async def find(self) -> tuple[Found, ...]:
        """The telescopes that answer now and are not in the settings."""
        found = await find_telescopes(self._settings)
        known = {scope.serial for scope in self._settings.scopes if scope.serial}
        hosts = {scope.host for scope in self._settings.scopes if scope.host}
        return tuple(one for one in found if one.serial not in known and one.host not in hosts)

    async def find_at(self, host: str) -> Found:
        """The telescope at an address or name; without serial number where nobody answers.

        Raises UsageError where this is no address, or is one of a telescope in the settings.
        """
        found = await find_telescope_at(self._settings, host.strip())
        for scope in self._settings.scopes:
            if found.host == scope.host or (found.serial and found.serial == scope.serial):
                raise UsageError(f"{clean(scope_name(scope), 40)} is in the settings already")
        return found

    async def keep(self, chosen: Iterable[Found], folders: Mapping[str, str]) -> str:
        """Write these telescopes into the settings beside those there; returns a plain line.

        `folders` are those that are mounted here, by `Found.key`. Raises SettingsError; UsageError
        where there is nothing to keep or such a folder does not hold MyWorks.
        """
        fresh = [scope_of(one, folders.get(one.key, "")) for one in chosen]
        if not fresh:
            raise UsageError("no telescope was chosen")
        for folder in folders.values():
            await asyncio.to_thread(_check_folder, folder)
        await asyncio.to_thread(save_scopes, self._path(), fresh)
        return f"Kept in the settings: {clean(', '.join(scope_name(scope) for scope in fresh))}"


def _check_folder(folder: str) -> None:
    if not Path(folder).expanduser().joinpath(MY_WORKS).is_dir():
        raise UsageError(f"{clean(folder)} does not hold {MY_WORKS}")


def scope_of(found: Found, folder: str = "") -> ScopeSettings:
    """The settings of a telescope that was found, named by model and serial: `S50 a349`.

    A silent one is named by its address. `folder` is where its files are mounted here; empty: they
    are on its share.
    """
    model = found.model.removeprefix("Seestar ") or "Seestar"
    name = clean(f"{model} {found.serial[:SHORT_SERIAL] or found.host}", 40)
    scope = ScopeSettings(host=found.host, name=name, serial=found.serial)
    return msgspec.structs.replace(scope, files="folder", folder=folder) if folder else scope


def save_scopes(config_path: Path | None, fresh: Iterable[ScopeSettings]) -> None:
    """Add telescopes to those of the settings files, in `config.local.toml`. SettingsError."""

    def change(layer: dict[str, object], present: Settings) -> None:
        names = {scope_name(scope) for scope in present.scopes}
        every = [plain_table(scope) for scope in present.scopes]
        for scope in fresh:
            unique = (
                scope
                if scope.name not in names
                else msgspec.structs.replace(scope, name=f"{scope.name} {scope.serial}")
            )
            names.add(unique.name)
            every.append(plain_table(unique))
        layer["scopes"] = every

    rewrite(read_settings(config_path, os.environ), change)
