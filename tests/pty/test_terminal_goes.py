"""The terminal goes while a run is under way: with an agent, without one, and with two copies."""

import re
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from terminal import Terminal

sys.path.append(str(Path(__file__).parents[1] / "contract"))
from commands_kit import COMMAND, Simulation, simulation

START_S = 60
WORK_S = 90
STACKS = 22
"""Of this night when all is stacked; three were there before."""


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Simulation]:
    with simulation(tmp_path, "--scopes", "1", "--speed", "120") as running:
        yield running


def app(sim: Simulation) -> Terminal:
    command = (*COMMAND, "--config", str(sim.config))
    return Terminal(command, columns=160, rows=50, cwd="/")


def counts(screen: str, target: str = "AM Leo") -> list[int]:
    """Sub-frames, ready, stacked and proved blocks of a target's line in the targets pane."""
    found = re.search(rf"{target} +(\d+) +(\d+) +(\d+) +(\d+) ", screen)
    return [int(number) for number in found.groups()] if found else [0, -1, -1, -1]


def until(check: Callable[[], object], seconds: float = WORK_S) -> None:
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


def stacks(sim: Simulation) -> list[str]:
    return sim.scope_files("CrowdSky_*.fit")


def job_states(sim: Simulation) -> Counter[str]:
    path = f"file:{sim.state / 'journal.sqlite3'}?mode=ro"
    with closing(sqlite3.connect(path, uri=True)) as journal:
        return Counter(state for (state,) in journal.execute("SELECT state FROM jobs"))


def begin_stacking(terminal: Terminal) -> None:
    """Ask for every stack, and wait until one is under way."""
    terminal.wait_for(lambda text: counts(text)[1] == 2, START_S)
    terminal.press("S")
    terminal.wait_for(lambda text: "◐ stack" in text, WORK_S)


def lose(terminal: Terminal) -> None:
    """The line drops; the app must end by itself, as one that was hung up."""
    terminal.hang_up()
    assert terminal.wait_exit(30) == 128 + signal.SIGHUP


def test_with_an_agent_the_run_ends_proved_and_reopening_shows_it(sim: Simulation) -> None:
    with sim.config.open("a") as config:
        config.write('\n[automatic]\nwhen = "17:00"\n')  # it is morning: only what is asked for
    agent = sim.begin("agent")
    try:
        assert agent.stderr is not None and "at work on 1 scopes" in agent.stderr.readline()
        with app(sim) as terminal:
            begin_stacking(terminal)
            assert "READ-ONLY" not in terminal.text()
            lose(terminal)
        assert len(stacks(sim)) < STACKS
        until(lambda: len(stacks(sim)) == STACKS)
        with app(sim) as terminal:
            terminal.wait_for(lambda text: counts(text)[2] == 2, START_S)
            terminal.press("U")
            terminal.wait_for("▲", WORK_S)
            lose(terminal)
        until(lambda: len(sim.rows()) == STACKS)
        with app(sim) as terminal:
            terminal.wait_for(lambda text: counts(text)[3] == 2, START_S)
            terminal.wait_for(lambda text: counts(text, "M 81")[3] == 10, WORK_S)
            terminal.press("q")
            assert terminal.wait_exit(20) == 0
        assert agent.poll() is None
        assert len(set(sim.identities())) == STACKS
    finally:
        agent.terminate()
        agent.communicate(timeout=30)


def test_without_one_the_next_start_ends_it_and_a_second_copy_looks_on(sim: Simulation) -> None:
    with app(sim) as terminal:
        begin_stacking(terminal)
        lose(terminal)
    assert 3 <= len(stacks(sim)) < STACKS
    states = job_states(sim)
    assert states["queued"] > 0 and not states["failed"]

    with app(sim) as terminal:
        terminal.wait_for(lambda text: counts(text)[0] > 0, START_S)
        with app(sim) as second:
            second.wait_for("READ-ONLY", START_S)
            second.press("U")
            second.wait_for("this copy is read-only")
            for each in (terminal, second):
                each.wait_for(lambda text: counts(text)[1:3] == [0, 2], WORK_S)
                each.wait_for(lambda text: counts(text, "NGC 7000")[1:3] == [0, 4], WORK_S)
            terminal.press("q")
            assert terminal.wait_exit(20) == 0
            second.wait_for("has gone")
            second.press("q")
            assert second.wait_exit(20) == 0
    assert len(stacks(sim)) == STACKS
    assert set(job_states(sim)) == {"proved"}
    assert sim.scope_files("DSO_Stacked*.fit") == []
