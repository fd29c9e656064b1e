"""A whole night by command: everything eligible arrives once, whatever is killed or deleted."""

import shutil
import signal
import time
from pathlib import Path

import pytest
from commands_kit import Simulation, simulation

MIN_EXPTIME = 240


def eligible(sim: Simulation) -> int:
    """How many blocks have to be on the server in the end, counted from the scopes' files."""
    targets = {row["target"] for row in sim.json("targets")}
    blocks = [block for target in targets for block in sim.json("blocks", target, "--all")]
    return sum(1 for block in blocks if block["effective_s"] >= MIN_EXPTIME)


def assert_all_arrived_once(sim: Simulation, wanted: int) -> None:
    identities = sim.identities()
    assert len(identities) == wanted
    assert len(set(identities)) == wanted
    assert sim.scope_files("DSO_Stacked_*") == []
    assert len(sim.scope_files("CrowdSky_*.fit")) == wanted
    assert list(sim.downloads.rglob("*.part")) == []


def test_sync_proves_everything_and_a_second_one_does_nothing(tmp_path: Path) -> None:
    with simulation(tmp_path) as sim:
        wanted = eligible(sim)
        first = sim.json("sync")
        assert first["not_proved"] == []
        assert first["confirmed_total"] == wanted
        assert_all_arrived_once(sim, wanted)

        second = sim.json("sync")
        assert (second["blocks_to_stack"], second["stacks_to_send"]) == (0, 0)
        assert second["confirmed_total"] == wanted

        shutil.rmtree(sim.state)
        third = sim.json("sync")
        assert (third["blocks_to_stack"], third["stacks_to_send"]) == (0, 0)
        assert_all_arrived_once(sim, wanted)

        shutil.rmtree(sim.downloads)
        shutil.rmtree(sim.state)
        assert sim.json("upload")["files_skipped"] == wanted
        assert_all_arrived_once(sim, wanted)


LONG = pytest.mark.long


@pytest.mark.parametrize(
    "seconds",
    [
        0.8,
        pytest.param(1.6, marks=LONG),
        pytest.param(2.4, marks=LONG),
        pytest.param(3.6, marks=LONG),
    ],
)
def test_kill_in_the_middle_and_sync_again(tmp_path: Path, seconds: float) -> None:
    with simulation(tmp_path, "--speed", "300") as sim:
        wanted = eligible(sim)
        doomed = sim.begin("sync")
        time.sleep(seconds)
        doomed.kill()
        doomed.communicate()
        again = sim.json("sync", "--wait", "30000")  # one in doubt is settled by its neighbours
        assert again["not_proved"] == []
        assert_all_arrived_once(sim, wanted)


def test_interrupted_work_is_kept_and_the_terminal_is_told(tmp_path: Path) -> None:
    with simulation(tmp_path, "--speed", "60") as sim:
        before = sim.scope_files("CrowdSky_*.fit")
        interrupted = sim.begin("sync")
        while sim.scope_files("CrowdSky_*.fit") == before and interrupted.poll() is None:
            time.sleep(0.05)
        interrupted.send_signal(signal.SIGINT)
        _, errors = interrupted.communicate(timeout=60)
        assert interrupted.returncode == 130
        assert "goes on at the next start" in errors
        assert "Traceback" not in errors
