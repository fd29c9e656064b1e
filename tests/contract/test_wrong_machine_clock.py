"""A machine's clock that cannot be right stops stacking and sending, and one sentence says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from commands_kit import Simulation, simulation


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    with simulation(tmp_path_factory.mktemp("night"), "--scopes", "1") as sim:
        yield sim


@pytest.mark.parametrize("year", [1970, 2000, 2040])
def test_nothing_is_stacked_or_sent_by_a_wrong_clock(
    night: Simulation, tmp_path: Path, year: int
) -> None:
    config = tmp_path / "config.toml"
    text = night.config.read_text(encoding="utf-8")
    config.write_text(text.replace("origin = 2026-", f"origin = {year}-"), encoding="utf-8")
    wrong = Simulation({**night.ready, "config": str(config)}, night.process)
    before = night.scope_files("*"), night.rows()
    for verb in (("sync",), ("stack", "M 81"), ("upload",), ("sync", "--dry-run")):
        done = wrong.run(*verb)
        assert done.returncode == 3, (verb, done.stderr)
        assert f"this machine's clock cannot be right (it says {year}-" in done.stderr
    assert (night.scope_files("*"), night.rows()) == before
