"""Each rule of settings, saving, log, crash log, clocks, recorder and bundle by its name."""

import logging
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crowdsky_tui.base import wire_log
from crowdsky_tui.base.clock import Clock, StoppedClock
from crowdsky_tui.base.crash_log import write_crash
from crowdsky_tui.base.errors import CrowdSkyError, SettingsError
from crowdsky_tui.base.files import whole_file, write_whole
from crowdsky_tui.base.logfiles import LOG_FILE, start_log
from crowdsky_tui.config.editor import SettingsBook
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.config.schema import ServerSettings, StorageSettings
from crowdsky_tui.config.scope_settings import ScopeSettings
from crowdsky_tui.doctor.bundle import MOST_BYTES, state_files, write_bundle
from crowdsky_tui.doctor.redaction import Redaction
from crowdsky_tui.night.night import Night
from crowdsky_tui.night.telescope_setup import save_scopes
from crowdsky_tui.recorder import writer as writing
from crowdsky_tui.recorder.lines import End, Said
from crowdsky_tui.recorder.replay import ReplayedNight


@pytest.fixture
def logs_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    root.handlers = []
    yield
    start_log(None)
    root.handlers, root.level = handlers, level


def config(folder: Path, text: str = "") -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    return path


# Settings


def test_the_command_line_wins_over_the_environment_and_that_over_both_files(
    tmp_path: Path,
) -> None:
    path = config(tmp_path, '[server]\nurl = "https://user"\nusername = "user"\napi_key = "user"\n')
    local = '[server]\nurl = "https://local"\nusername = "local"\n[search]\nhosts = "local"\n'
    path.with_name("config.local.toml").write_text(local)
    environment = {"CROWDSKY_URL": "https://environment", "CROWDSKY_USERNAME": "environment"}
    loaded = read_settings(path, environment, {"server.url": "https://line"})
    server = loaded.settings.server
    assert (server.url, server.username) == ("https://line", "environment")
    assert (loaded.settings.search.hosts, server.api_key) == ("local", "user")
    layers = [loaded.sources[f"server.{key}"] for key in ("url", "username", "api_key")]
    assert layers == ["command line", "environment", str(path)]
    assert loaded.sources["search.hosts"] == str(loaded.local_path)


def test_an_empty_variable_of_the_environment_decides_nothing(tmp_path: Path) -> None:
    path = config(tmp_path, '[server]\nusername = "user"\n')
    assert read_settings(path, {"CROWDSKY_USERNAME": ""}).settings.server.username == "user"


def test_the_program_writes_only_the_local_file_and_never_touches_the_users(
    tmp_path: Path,
) -> None:
    path = config(tmp_path, "# mine\n[upload]\nparallel = 2 # two\n")
    before, text = path.stat().st_mtime_ns, path.read_bytes()
    book = SettingsBook(path, {})
    book.save({"upload.parallel": "3", "notices.quiet_from": "22:00", "notices.quiet_to": "06:00"})
    book.forget("upload.parallel")
    save_scopes(path, [ScopeSettings(host="127.0.0.1", name="S50")])
    with pytest.raises(SettingsError):
        book.save({"upload.parallel": "many"})
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (text, before)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["config.local.toml", "config.toml"]
    assert book.read().settings.upload.parallel == 2


def test_settings_that_are_valid_only_together_are_written_and_forgotten_together(
    tmp_path: Path,
) -> None:
    path = config(tmp_path, '[notices]\nquiet_from = "22:00"\nquiet_to = "06:00"\n')
    book = SettingsBook(path, {})
    book.save({"notices.quiet_to": "07:00"})
    local = path.with_name("config.local.toml").read_text()
    assert 'quiet_from = "22:00"' in local and 'quiet_to = "07:00"' in local
    book.forget("notices.quiet_from")
    assert "quiet" not in path.with_name("config.local.toml").read_text()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[[scopes]]\nhost = "a"\n[[scopes]]\nhost = "b"\nsmbport = 4\n', "scopes.smb_port"),
        ("[server]\n[server.deep]\nx = 1\n", "server.deep is not a setting"),
        ("[zzzzzz]\n", "here one can set"),
    ],
)
def test_what_is_no_setting_is_refused_at_any_depth_with_the_nearest_that_is(
    tmp_path: Path, text: str, named: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(config(tmp_path, text), {})
    assert named in str(caught.value)


# Files


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_file_is_there_whole_or_as_it_was_whenever_the_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "file"
    write_whole(path, b"before")

    def fail(*_: Any) -> None:
        raise OSError("no room")

    monkeypatch.setattr(*((os, "fsync", fail) if step == "fsync" else (Path, "replace", fail)))
    with pytest.raises(OSError, match="no room"):
        write_whole(path, b"after")
    assert path.read_bytes() == b"before"
    assert [each.name for each in tmp_path.iterdir()] == ["file"], "nothing is left beside it"


# Logs


@pytest.mark.usefixtures("logs_restored")
def test_a_log_that_cannot_be_written_never_speaks_to_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start_log(tmp_path)
    logging.getLogger("crowdsky_tui.test").error("one")
    (handler,) = logging.getLogger().handlers

    def full(*_: Any) -> None:
        raise OSError("no room")

    monkeypatch.setattr(handler.stream, "write", full)  # type: ignore[attr-defined]
    logging.getLogger("crowdsky_tui.test").error("two")
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("logs_restored")
async def test_only_the_owner_of_the_journal_writes_the_log(tmp_path: Path) -> None:
    settings = Settings(storage=StorageSettings(state_dir=str(tmp_path)))
    async with Night(settings, owner=False):
        logging.getLogger("crowdsky_tui.test").error("from a guest")
    assert not (tmp_path / LOG_FILE).exists()
    async with Night(settings):
        logging.getLogger("crowdsky_tui.test").error("from the owner")
    assert "from the owner" in (tmp_path / LOG_FILE).read_text()


@pytest.mark.usefixtures("logs_restored")
def test_traffic_never_gets_into_the_log(tmp_path: Path) -> None:
    start_log(tmp_path)
    wire_log.logger.setLevel(logging.DEBUG)
    try:
        wire_log.tell("from scope", "a", b'{"passwd":"hush"}')
        wire_log.logger.error("hush")
    finally:
        wire_log.logger.setLevel(logging.INFO)
    assert not (tmp_path / LOG_FILE).exists()


def test_a_crash_log_never_holds_local_values(tmp_path: Path) -> None:
    def fail() -> None:
        treasure = "c4nary".upper()
        raise ValueError(len(treasure))

    with pytest.raises(ValueError, match="6") as caught:
        fail()
    assert "C4NARY" not in write_crash(caught.value, tmp_path).read_text()


# Clocks


def test_nobody_can_set_the_steady_clock() -> None:
    clock = Clock(datetime(2026, 1, 1, tzinfo=UTC), datetime.now(UTC), 60)
    before, wall = clock.steady(), clock.now()
    assert clock.origin is not None
    clock.origin -= timedelta(days=9)
    assert clock.now() < wall
    assert 0 <= clock.steady() - before < 60 * 30


def test_a_stopped_clock_stands_at_its_moment() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    clock = StoppedClock(moment)
    time.sleep(0.002)
    assert clock.now() == moment


# The recorder


def test_put_never_waits_for_a_slow_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_WAITING", 10)
    import threading

    gate = threading.Event()

    def slow(text: str) -> str:
        gate.wait(20)
        return text

    writer = writing.Writer(writing.new_file(tmp_path / "night"), slow)
    begun = time.monotonic()
    for number in range(1000):
        writer.put(Said(float(number), "server", "server", "x"))
    assert time.monotonic() - begun < 5
    gate.set()
    writer.close()
    kept = (tmp_path / "night").read_text().splitlines()
    assert 0 < len(kept) <= 12, "what comes while so many wait is dropped"


def test_a_recording_is_never_written_over_another(tmp_path: Path) -> None:
    path = tmp_path / "night"
    path.write_text("of yesterday")
    with pytest.raises(CrowdSkyError, match="cannot be recorded to"):
        writing.new_file(path)
    assert path.read_text() == "of yesterday"


def test_a_full_disk_ends_the_recording_and_never_the_night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> int:
        raise OSError("no room")

    writer = writing.Writer(writing.new_file(tmp_path / "night"), lambda text: text)
    monkeypatch.setattr("os.write", full)
    writer.put(End(0.0, "x"))
    writer.close()
    assert (tmp_path / "night").read_bytes() == b""


def test_a_line_that_had_no_room_whole_is_the_recordings_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr("os.write", lambda file, data: real(file, data[:5]))
    writer = writing.Writer(writing.new_file(tmp_path / "night"), lambda text: text)
    for moment in range(3):
        writer.put(End(float(moment), "x"))
    writer.close()
    assert len((tmp_path / "night").read_bytes()) == 5


def test_a_fault_in_the_recorders_thread_ends_the_recording_and_close_still_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writing, "MOST_WAITING", 3)

    def broken(_text: str) -> str:
        raise KeyError("ours")

    writer = writing.Writer(writing.new_file(tmp_path / "night"), broken)
    for moment in range(20):
        writer.put(End(float(moment), "x"))
    writer.close()
    assert (tmp_path / "night").read_bytes() == b""
    assert caplog.text.count("on a fault of this program") == 1


async def test_a_replay_never_searches_for_telescopes_nor_keeps_a_state(tmp_path: Path) -> None:
    mine = StorageSettings(state_dir=str(tmp_path / "mine"))
    replayed = ReplayedNight(Settings(storage=mine), tmp_path / "none", 1.0)
    assert [scope.name for scope in replayed.settings.scopes] == ["recording"]
    assert replayed.settings.state_dir != tmp_path / "mine"
    with pytest.raises(CrowdSkyError, match="cannot be played"):
        await replayed.open()
    await replayed.close()
    assert not replayed.settings.state_dir.exists() and not (tmp_path / "mine").exists()


# The bundle


def test_no_secret_hides_a_part_of_another() -> None:
    server = ServerSettings(username="alice", password="alice-and-more", api_key="csk_alice")
    text = Redaction(Settings(server=server)).apply("alice-and-more, alice, csk_alice")
    assert text == "(hidden), (user), (hidden)"


def test_a_bundle_holds_only_the_end_of_a_large_file_and_nothing_behind_a_link(
    tmp_path: Path,
) -> None:
    (tmp_path / "crowdsky-tui.log").write_bytes(b"begin" + b"x" * MOST_BYTES + b"end")
    (tmp_path / "elsewhere").write_text("hush")
    (tmp_path / "crash.log").symlink_to(tmp_path / "elsewhere")
    found = state_files(tmp_path)
    assert set(found) == {"crowdsky-tui.log"}
    assert len(found["crowdsky-tui.log"]) == MOST_BYTES
    assert found["crowdsky-tui.log"].endswith("end") and "begin" not in found["crowdsky-tui.log"]


def test_a_bundle_is_never_written_over_a_file_and_is_the_users_alone(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    before = os.umask(0)
    try:
        write_bundle(path, {"a.txt": "x"})
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    content = path.read_bytes()
    with pytest.raises(CrowdSkyError, match="cannot be written"):
        write_bundle(path, {"a.txt": "other"})
    assert path.read_bytes() == content


def test_every_setting_has_a_type_that_a_file_can_hold() -> None:
    assert msgspec.convert(msgspec.to_builtins(Settings()), Settings) == Settings()


def test_a_file_that_is_not_filled_to_the_end_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    for before in (None, b"as it was"):
        if before is not None:
            path.write_bytes(before)
        with pytest.raises(RuntimeError), whole_file(path) as file:
            file.write(b"half of")
            raise RuntimeError
        assert [each.read_bytes() for each in path.parent.iterdir()] == [before] * bool(before)
    with whole_file(path) as file:
        file.write(b"all of it")
    assert [each.name for each in path.parent.iterdir()] == ["file"]
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"all of it", 0o600)
