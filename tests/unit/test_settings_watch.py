"""What was changed on disk is told once, and not what is in force already."""

from pathlib import Path

import msgspec
import pytest

from crowdsky_tui.config.editor import SettingsBook
from crowdsky_tui.config.load import Settings
from crowdsky_tui.tui.settings_watch import SettingsWatch


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text("")
    return path


async def test_a_change_on_disk_is_told_once(config: Path) -> None:
    book = SettingsBook(config, {})
    watch, settings = SettingsWatch(book), book.read().settings
    assert await watch.look(settings) == await watch.look(settings) == ""
    config.write_text('[server]\npassword = "hush"\n[site]\nhorizon = 20')
    line = await watch.look(settings)
    assert "server.password, site.horizon" in line and "next start" in line and "hush" not in line
    assert await watch.look(settings) == ""
    config.write_text('[server]\npassword = "hush"\n[site]\nhorizon = 20 # the same')
    assert await watch.look(settings) == ""
    (config.with_name("config.local.toml")).write_text("[upload]\nparallel = 4")
    assert "upload.parallel" in await watch.look(settings)


async def test_what_is_in_force_is_not_told(config: Path) -> None:
    book = SettingsBook(config, {})
    watch, settings = SettingsWatch(book), book.read().settings
    await watch.look(settings)
    book.save({"upload.scrub_location": "false"})
    upload = msgspec.structs.replace(settings.upload, scrub_location=False)
    assert await watch.look(msgspec.structs.replace(settings, upload=upload)) == ""


async def test_what_cannot_be_read_is_told_and_mended_in_silence(config: Path) -> None:
    watch = SettingsWatch(SettingsBook(config, {}))
    await watch.look(Settings())
    config.write_text("this is not TOML")
    assert "not valid TOML" in await watch.look(Settings())
    config.write_text("")
    assert await watch.look(Settings()) == ""
    config.unlink()
    assert "exist" in await watch.look(Settings())
