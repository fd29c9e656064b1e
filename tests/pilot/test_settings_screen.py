"""The settings screen: what it tells, what it changes, what it tries."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from driven import Drive, Driven
from stub_night import StubNight

from crowdsky_tui.base.errors import NetworkDown
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.night import try_settings
from crowdsky_tui.tui.screens.confirm import Confirm
from crowdsky_tui.tui.screens.settings import SettingsScreen

Check = Callable[[str, str], None]
SIZES = ((60, 20), (80, 24), (160, 50))
MINE = """\
[server]
username = "alice"
password = "open sesame"
[[scopes]]
host = "127.0.0.2"
name = "garden"
"""


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("CROWDSKY_")]:
        monkeypatch.delenv(name)
    path = tmp_path / "config.toml"
    path.write_text(MINE)
    return path


def of_our_own(night: StubNight) -> None:
    """The night is this process's own."""
    night.setup.here = True


async def until(driven: Driven, wanted: str) -> str:
    for _ in range(500):
        if wanted in (text := driven.text()):
            return text
        await driven.pilot.pause(0.02)
    raise AssertionError(f"{wanted!r} did not appear:\n{text}")


async def at(driven: Driven, key: str) -> SettingsScreen:
    """Open the settings with the cursor on one."""
    if driven.app.screen is driven.main:
        await driven.press("E")
    screen = driven.app.screen
    assert isinstance(screen, SettingsScreen)
    async with asyncio.timeout(60):
        while not screen.table.rows:
            await driven.pilot.pause(0.02)
    screen.table.select([line.key for line in screen.table.rows].index(key))
    await driven.pilot.pause()
    return screen


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_it_tells_value_source_and_meaning(
    drive: Drive, text_snapshot: Check, size: tuple[int, int]
) -> None:
    async with drive("full", size, change=of_our_own) as driven:
        await at(driven, "scopes.1.key_path")
        assert "~/.seestarpy/seestar.pem" in driven.text()
        await at(driven, "server.password")
        text = driven.text()
        for words in ("******", "config.toml", "The account's password", "s test scope", "esc"):
            assert words in text
        assert "sesame" not in text
        assert max(map(len, text.splitlines())) <= size[0]
        text_snapshot(f"settings-{size[0]}x{size[1]}", text)


async def test_a_filter_finds_a_setting_by_its_meaning(drive: Drive) -> None:
    async with drive("full", change=of_our_own) as driven:
        screen = await at(driven, "server.url")
        await driven.press("slash", *"publish", "enter")
        assert [line.key for line in screen.table.rows] == ["upload.scrub_location"]
        await driven.press("escape")
        assert len(screen.table.rows) > 25
        await driven.press("escape")
        assert driven.app.screen is driven.main
        assert driven.app.is_running


async def test_what_is_typed_is_checked_saved_and_a_restart_offered(
    drive: Drive, config: Path
) -> None:
    async with drive("full", change=of_our_own) as driven:
        await at(driven, "upload.parallel")
        await driven.press("enter", "backspace", "9", "enter")
        await until(driven, "at most 4")
        assert not config.with_name("config.local.toml").exists()
        await driven.press("backspace", "3", "enter")
        await until(driven, "✓ upload.parallel saved")
        assert read_settings(config, {}).settings.upload.parallel == 3
        await until(driven, "config.local.toml")
        await driven.press("escape")
        await until(driven, "Begin again with the new settings?")
        assert isinstance(driven.app.screen, Confirm)
        assert "4 jobs under way" in driven.text()
        await driven.press("enter")  # no
        assert driven.app.is_running
        await at(driven, "upload.parallel")
        await driven.press("d")
        await until(driven, "is no more in")
        assert read_settings(config, {}).settings.upload.parallel == 2
        await driven.press("escape", "y")
        await driven.pilot.pause()
        assert driven.app.return_code == 250


async def test_a_choice_is_chosen_and_quiet_hours_are_typed_together(
    drive: Drive, config: Path
) -> None:
    async with drive("full", change=of_our_own) as driven:
        await at(driven, "display.theme")
        await driven.press("enter", "down", "down", "enter")
        await until(driven, "display.theme saved")
        await at(driven, "notices.quiet_to")
        await driven.press("enter", *"22:00", "enter", *"06:00", "enter")
        await until(driven, "notices.quiet_from and notices.quiet_to saved")
    settings = read_settings(config, {}).settings
    assert settings.display.theme == "night"
    assert (settings.notices.quiet_from, settings.notices.quiet_to) == ("22:00", "06:00")


async def test_attached_it_tells_whose_setting_it_is(drive: Drive) -> None:
    async with drive("full", (80, 24)) as driven:
        await at(driven, "display.theme")
        assert "It counts for this app" in " ".join(driven.text().split())
        await at(driven, "upload.parallel")
        assert "It counts for the agent" in " ".join(driven.text().split())
        await driven.press("enter", "backspace", "1", "enter")
        await until(driven, "✓ upload.parallel saved")
        await driven.press("escape")
        await driven.pilot.pause()
        assert driven.app.screen is driven.main
        (told,) = [note for note in driven.notices() if "agent" in note]
        assert "systemctl --user restart crowdsky-tui" in told


async def test_tests_show_progress_and_a_plain_result_and_can_be_stopped(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, ended = asyncio.Event(), asyncio.Event()

    async def try_scope(settings: Settings, number: int) -> str:
        try:
            await release.wait()
        finally:
            ended.set()
        return f"{settings.scopes[number].name} is ready"

    async def refuse(settings: Settings) -> str:
        raise NetworkDown("the notice was refused", "status 403", "Check notices.url")

    monkeypatch.setattr(try_settings, "try_scope", try_scope)
    monkeypatch.setattr(try_settings, "try_notice", refuse)
    async with drive("full", change=of_our_own) as driven:
        screen = await at(driven, "server.url")
        await driven.press("s")
        await until(driven, "◐ testing the scope, 0 s · esc stops it")
        await driven.press("escape")
        await until(driven, "The test of the scope was stopped")
        await ended.wait()
        assert driven.app.screen is screen
        release.set()
        await driven.press("s")
        await until(driven, "✓ garden is ready")
        await driven.press("n")
        await until(driven, "✗ the notice was refused: status 403")
