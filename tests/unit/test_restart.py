"""The app begins again in the same process, and knows that it does: a recording goes on."""

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

import pytest

from crowdsky_tui.cli import app, main
from crowdsky_tui.config.load import Settings
from crowdsky_tui.tui.desk import RESTART


def test_a_restart_keeps_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[tuple[bool, Path]] = []

    def run(arguments: Namespace, _settings: Settings, _overrides: Mapping[str, object]) -> int:
        runs.append((arguments.restarted, arguments.record))
        return RESTART if len(runs) < 3 else 7

    monkeypatch.setattr(app, "run_desk", run)
    config, file = tmp_path / "config.toml", tmp_path / "night.jsonl"
    config.write_text("")
    assert main.main(["--config", str(config), "--record", str(file)]) == 7
    assert runs == [(False, file), (True, file), (True, file)]
