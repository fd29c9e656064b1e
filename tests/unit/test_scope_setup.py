"""Keeping telescopes that were found: beside those of the settings, in the program's own file."""

from pathlib import Path

import pytest

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.config.scope_settings import ScopeSettings
from crowdsky_tui.instruments.seestar.connection.discovery import Found
from crowdsky_tui.night.telescope_setup import ScopeSetup, save_scopes, scope_of

S50 = Found("a3490de1", "Seestar S50", "192.0.2.7", "by search")
S30 = Found("a3491fff", "Seestar S50", "192.0.2.8", "by name")


def test_found_telescopes_are_added_and_the_users_file_stays(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    text = '# mine\n[[scopes]]\nhost = "192.0.2.5"\nname = "garden"\nzone = "Europe/Vienna"\n'
    config.write_text(text)
    save_scopes(config, [scope_of(S50), scope_of(S30)])
    assert config.read_text() == text
    scopes = read_settings(config, {}).settings.scopes
    assert scopes[0] == ScopeSettings(host="192.0.2.5", name="garden", zone="Europe/Vienna")
    assert [(scope.name, scope.serial) for scope in scopes[1:]] == [
        ("S50 a349", "a3490de1"),
        ("S50 a349 a3491fff", "a3491fff"),
    ]


async def test_those_already_set_are_not_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def find(settings: Settings) -> list[Found]:
        return [S50, S30]

    monkeypatch.setattr("crowdsky_tui.night.telescope_setup.find_telescopes", find)
    config = tmp_path / "config.toml"
    config.write_text("")
    fresh = ScopeSetup(Settings(), lambda: config)
    assert fresh.first_start
    assert await fresh.find() == (S50, S30)
    assert await fresh.keep([S50], {}) == "Kept in the settings: S50 a349"
    with pytest.raises(UsageError):
        await fresh.keep([], {})
    with pytest.raises(UsageError, match="MyWorks"):
        await fresh.keep([S30], {S30.serial: str(tmp_path)})
    later = ScopeSetup(read_settings(config, {}).settings, lambda: config)
    assert not later.first_start
    assert await later.find() == (S30,)


async def test_a_mounted_folder_is_kept_with_its_telescope(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("")
    (tmp_path / "MyWorks").mkdir()
    await ScopeSetup(Settings(), lambda: config).keep([S50, S30], {S50.serial: str(tmp_path)})
    first, second = read_settings(config, {}).settings.scopes
    assert (first.files, first.folder) == ("folder", str(tmp_path))
    assert (second.files, second.folder) == ("smb", "")
