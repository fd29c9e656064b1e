"""Keeping telescopes that were found: beside those of the settings, in the program's own file."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.config.schema import ClockSettings
from crowdsky_tui.config.scope_settings import ScopeSettings
from crowdsky_tui.instruments.seestar.connection.discovery import Found
from crowdsky_tui.night.telescope_setup import ScopeSetup, save_scopes, scope_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
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


async def test_an_address_by_hand_is_asked_and_a_silent_one_can_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def discover(hosts: list[tuple[str, int]], **_others: object) -> list[Found]:
        asked.extend(hosts)
        return [S50] if hosts[0][0] == S50.host else []

    monkeypatch.setattr("crowdsky_tui.instruments.seestar.factory.discover", discover)
    config = tmp_path / "config.toml"
    config.write_text("")
    setup = ScopeSetup(Settings(), lambda: config)
    assert await setup.find_at(f" {S50.host} ") == S50
    silent = await setup.find_at("192.0.2.99")
    assert (silent.serial, silent.key) == ("", "192.0.2.99")
    await setup.keep([S50, silent], {})
    kept = read_settings(config, {}).settings
    assert [(scope.host, scope.serial, scope.name) for scope in kept.scopes] == [
        (S50.host, S50.serial, "S50 a349"),
        ("192.0.2.99", "", "Seestar 192.0.2.99"),
    ]
    assert asked == [(S50.host, 4720), ("192.0.2.99", 4720)]
    for known in (S50.host, "192.0.2.99"):
        with pytest.raises(UsageError, match="already"):
            await ScopeSetup(kept, lambda: config).find_at(known)


@pytest.mark.parametrize("typed", ["", "http://192.0.2.7/", "192.0.2.7:4700", "a b", "x" * 300])
async def test_what_is_no_address_is_asked_nothing(
    typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crowdsky_tui.instruments.seestar.factory.discover", None)
    with pytest.raises(UsageError, match="no address"):
        await ScopeSetup(Settings(), lambda: None).find_at(typed)


async def test_a_rehearsal_asks_no_address_outside_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crowdsky_tui.instruments.seestar.factory.discover", None)
    rehearsal = Settings(clock=ClockSettings(NOON, NOON, 60.0))
    with pytest.raises(UsageError, match="rehearsal"):
        await ScopeSetup(rehearsal, lambda: None).find_at("192.0.2.7")


async def test_a_mounted_folder_is_kept_with_its_telescope(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("")
    (tmp_path / "MyWorks").mkdir()
    await ScopeSetup(Settings(), lambda: config).keep([S50, S30], {S50.serial: str(tmp_path)})
    first, second = read_settings(config, {}).settings.scopes
    assert (first.files, first.folder) == ("folder", str(tmp_path))
    assert (second.files, second.folder) == ("smb", "")
