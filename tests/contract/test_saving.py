"""Settings that are saved at the same time, by threads and by processes: none is lost."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from crowdsky_tui.base.errors import SettingsError
from crowdsky_tui.base.files import only_writer
from crowdsky_tui.config.editor import SettingsBook
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.config.scope_settings import ScopeSettings
from crowdsky_tui.night.telescope_setup import save_scopes

CHANGES = {
    "display.theme": "light",
    "server.username": "alice",
    "stacking.min_exptime": "300",
    "upload.parallel": "3",
}


def config(folder: Path) -> Path:
    path = folder / "config.toml"
    path.write_text("")
    return path


def test_of_settings_saved_at_once_by_threads_none_is_lost(tmp_path: Path) -> None:
    for number in range(10):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = config(folder)
        begin = threading.Barrier(len(CHANGES) + 1)

        def save(key: str, text: str, path: Path = path, begin: threading.Barrier = begin) -> None:
            begin.wait()
            SettingsBook(path, {}).save({key: text})

        def find(path: Path = path, begin: threading.Barrier = begin) -> None:
            begin.wait()
            save_scopes(path, [ScopeSettings(host="127.0.0.1", name="S50")])

        threads = [threading.Thread(target=save, args=pair) for pair in CHANGES.items()]
        threads.append(threading.Thread(target=find))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kept = read_settings(path, {})
        assert set(CHANGES) <= set(kept.sources), number
        assert [scope.name for scope in kept.settings.scopes] == ["S50"]


def test_of_settings_saved_at_once_by_processes_none_is_lost(tmp_path: Path) -> None:
    path = config(tmp_path)
    command = [sys.executable, "-m", "crowdsky_tui", "--config", str(path), "config", "set"]
    running = [subprocess.Popen([*command, *pair]) for pair in CHANGES.items()]
    assert [process.wait(60) for process in running] == [0] * len(CHANGES)
    assert set(CHANGES) <= set(read_settings(path, {}).sources)


def test_whoever_waits_for_a_folder_gives_up_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = config(tmp_path)
    monkeypatch.setattr("crowdsky_tui.base.files.PATIENCE_S", 0.05)
    with only_writer(tmp_path), pytest.raises(SettingsError, match="is not written"):
        SettingsBook(path, {}).save({"upload.parallel": "3"})
    SettingsBook(path, {}).save({"upload.parallel": "3"})
