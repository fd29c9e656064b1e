"""Settings as lines with meaning, value and source; and saving them as they were typed."""

import stat
from pathlib import Path

import pytest

from crowdsky_tui.base.errors import SettingsError
from crowdsky_tui.config.describe import known, setting_of
from crowdsky_tui.config.editor import SettingLine, SettingsBook
from crowdsky_tui.config.load import read_settings

MINE = """\
[notices]
url = "https://ntfy.sh/hush"
[[scopes]]
host = "192.0.2.5"
name = "garden"
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("USERNAME", "PASSWORD", "API_KEY", "URL", "SEARCH"):
        monkeypatch.delenv(f"CROWDSKY_{name}", raising=False)
    path = tmp_path / "config.toml"
    path.write_text(MINE)
    return path


def line(book: SettingsBook, key: str) -> SettingLine:
    return {each.key: each for each in book.lines()}[key]


def test_each_setting_has_a_meaning() -> None:
    settings = list(known())
    assert len({setting.key for setting in settings}) > 25
    assert [setting.key for setting in settings if len(setting.meaning) < 12] == []
    assert setting_of("display.theme").choices == ("dark", "light", "night", "terminal")
    assert setting_of("upload.scrub_location").choices == ("true", "false")
    with pytest.raises(SettingsError, match=r"server\.url"):
        setting_of("server.ulr")


def test_lines_tell_value_and_source_and_mask_secrets(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROWDSKY_PASSWORD", "from the environment")
    book = SettingsBook(config, {"read_only": True})
    assert line(book, "read_only").source == "command line"
    assert line(book, "server.password").source == "environment"
    assert line(book, "server.password").value == "********"
    assert line(book, "notices.url").value == "********"
    assert line(book, "notices.url").source == "config.toml"
    assert line(book, "upload.parallel") == SettingLine(
        "upload.parallel", "2", "default", "Uploads at a time, 1 to 4."
    )
    assert (line(book, "scopes.1.name").value, line(book, "scopes.1.zone").value) == (
        "garden",
        "(empty)",
    )
    assert "hush" not in str(book.lines()) and "from the environment" not in str(book.lines())


def test_text_is_kept_as_it_is_typed_and_the_file_is_private(config: Path) -> None:
    book = SettingsBook(config)
    note = book.save({"server.password": ' "12 34" ', "upload.parallel": "3"})
    assert "12 34" not in note and "config.local.toml" in note
    local = config.with_name("config.local.toml")
    assert stat.S_IMODE(local.stat().st_mode) == 0o600
    settings = read_settings(config, {}).settings
    assert (settings.server.password, settings.upload.parallel) == (' "12 34" ', 3)
    assert config.read_text() == MINE
    assert line(book, "upload.parallel").kept


def test_a_setting_of_one_telescope_leaves_the_others(config: Path) -> None:
    book = SettingsBook(config)
    book.save({"scopes.1.zone": "Europe/Vienna", "scopes.1.rpc_port": "4701"})
    (scope,) = read_settings(config, {}).settings.scopes
    assert (scope.host, scope.name, scope.zone, scope.rpc_port) == (
        "192.0.2.5",
        "garden",
        "Europe/Vienna",
        4701,
    )
    for key, value, words in (
        ("scopes.1.rpc_port", "70000", "65535"),
        ("scopes.1.files", "ftp", "ftp"),
        ("scopes.2.host", "192.0.2.6", "1 telescopes"),
        ("scopes.1.hots", "x", "scopes.N.host"),
    ):
        with pytest.raises(SettingsError, match=words):
            book.save({key: value})
    assert read_settings(config, {}).settings.scopes == (scope,)
    assert line(book, "scopes.1.serial").source == "default"
    book.forget("scopes.1.zone")
    (after,) = read_settings(config, {}).settings.scopes
    assert (after.name, after.zone, after.rpc_port) == ("garden", "", 4701)


def test_quiet_hours_are_set_together(config: Path) -> None:
    book = SettingsBook(config)
    with pytest.raises(SettingsError, match="belong together"):
        book.save({"notices.quiet_from": "22:00"})
    book.save({"notices.quiet_from": "22:00", "notices.quiet_to": "06:00"})
    book.save({"notices.quiet_to": "07:30"})
    notices = read_settings(config, {}).settings.notices
    assert (notices.quiet_from, notices.quiet_to) == ("22:00", "07:30")
    book.forget("notices.quiet_to")
    assert read_settings(config, {}).settings.notices.quiet_from == ""
    with pytest.raises(SettingsError, match="nothing to take back"):
        book.forget("notices.quiet_to")


def test_one_is_told_if_another_layer_decides(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROWDSKY_USERNAME", "alice")
    note = SettingsBook(config).save({"server.username": "bob"})
    assert note.endswith("But the environment decides")
