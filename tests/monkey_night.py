"""Random keys at the real app, on the stand-ins, verbs and an agent beside it.

`python -m tests.monkey_night [--bursts 400] [--seeds 5]`; the short form runs in
`tests/pty/test_monkey_night.py`. Whatever was pressed, nothing crashes or hangs, and in the end
the server lists each stack once, as the journal says, and the telescope holds what it says.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import string
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent / "pty"))
sys.path.append(str(Path(__file__).parent / "contract"))

from commands_kit import COMMAND, Simulation, simulation
from terminal import KEYS as NAMED
from terminal import Terminal
from textual.keys import _character_to_key

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.tui.actions.registry import ACTIONS

HERE = Path(__file__).parent
PROMPT = b"shell> "
BYTES = {
    **{_character_to_key(one): one for one in string.printable if one.isprintable()},
    **{one: one for one in string.ascii_letters + string.digits},
    **NAMED,
    "f1": "\x1bOP",
    "f5": "\x1b[15~",
    "backspace": "\x7f",
    "delete": "\x1b[3~",
    "space": " ",
    "ctrl+d": "\x04",
}
LEAVES = ("q", "ctrl+c", "ctrl+z")
KEYS = sorted(
    {key for action in ACTIONS for key in action.keys if key in BYTES}
    | {"enter", "escape", "space", "tab", "backspace", "delete", "f1", "f5", "ctrl+d"}
    | set("aeiy0123")
)
RANDOM = [key for key in KEYS if key not in LEAVES]
VERBS = (
    ("status",),
    ("targets", "--json"),
    ("targets", "--check"),
    ("blocks", "M 51", "--json"),
    ("sync", "--dry-run"),
    ("report",),
    ("settle",),
    ("sync", "--wait", "60"),
)
CODES = frozenset(int(code) for code in ExitCode)
DELETES = frozenset({"purge", "empty"})
BURST = 6
PATIENCE_S = 60.0


class Shell:
    """The app as a job of a shell that can run nothing else: so `fg` brings it back."""

    def __init__(self, sim: Simulation, folder: Path, size: tuple[int, int], *more: str) -> None:
        self.trouble: list[str] = []
        self._command = f'/usr/bin/env PATH="{os.environ["PATH"]}" {" ".join(COMMAND)}'
        self._command += f' --config "{sim.config}" {" ".join(more)}'.rstrip()
        folder.mkdir()
        self.terminal = Terminal(
            ["/bin/bash", "--norc", "--noprofile", "-i"],
            columns=size[0],
            rows=size[1],
            environment={
                "PS1": PROMPT.decode(),
                "PATH": "/nowhere",
                "PYTHONPATH": str(HERE.parent),
            },
            cwd=str(folder),
        )
        self._seen = 0
        self._await_prompt()

    def _prompts(self) -> int:
        return self.terminal.output.count(PROMPT)

    def _await_prompt(self, seconds: float = PATIENCE_S) -> bool:
        """Whether the shell has the terminal again."""
        end = time.monotonic() + seconds
        while self._prompts() <= self._seen and time.monotonic() < end:
            self.terminal.read(0.05)
        came = self._prompts() > self._seen
        self._seen = self._prompts()
        return came

    def begin(self, wanted: str) -> None:
        """Start the app, whatever was typed at the shell before."""
        os.write(self.terminal._fd, b"\x03")
        self.terminal.read(0.3)
        os.write(self.terminal._fd, f"{self._command}\r".encode())
        self.terminal.wait_for(wanted, PATIENCE_S)
        self._seen = self._prompts()

    def write(self, keys: list[str]) -> None:
        """All of it at once."""
        os.write(self.terminal._fd, "".join(BYTES[key] for key in keys).encode())
        self.terminal.read(0.12)

    def leave(self, key: str, answer: str, wanted: str) -> None:
        """Press a key that ends or stops the app, answer what it asks, and go back to it."""
        self.write(["escape"])
        self.terminal.read(0.3)
        self.write([key])
        self.terminal.read(0.4)
        if key != "ctrl+z":
            self.write([answer])
        self.go_on(wanted, 3.0)

    def go_on(self, wanted: str, seconds: float = 0.0) -> None:
        """If the shell has the terminal within this time, go back to the app."""
        if self._prompts() == self._seen and not self._await_prompt(seconds):
            return
        self._seen = self._prompts()
        if b"Stopped" in self.terminal.output[-400:]:
            os.write(self.terminal._fd, b"fg\r")
            self.terminal.read(0.5)
        else:
            self.begin(wanted)

    def end(self) -> None:
        """Leave the app for good, however often it takes; a hang is trouble."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            for key in ("escape", "escape", "q", "y"):
                self.write([key])
                self.terminal.read(0.2)
            if self._prompts() > self._seen or self._await_prompt(3.0):
                return
        self.trouble.append(f"it cannot be left; the screen:\n{self.terminal.text()}")


def run(
    seed: int, bursts: int, size: tuple[int, int], *, agent: bool = True, read_only: bool = False
) -> list[str]:
    """Press so many bursts of keys; what went wrong, nothing if all is well."""
    chance = random.Random(seed)
    trouble: list[str] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        simulation(Path(folder) / "n", "--scopes", "1") as sim,
    ):
        pristine, before = sim.config.read_text(), set(sim.scope_files("CrowdSky_*.fit"))
        beside = sim.begin("agent") if agent else None
        if beside is not None:
            _until_answers(sim)
        shell = Shell(sim, Path(folder) / "shell", size, *(["--read-only"] if read_only else []))
        with shell.terminal:
            wanted = "1 Targets"
            shell.begin(wanted)
            for number in range(bursts):
                shell.go_on(wanted)
                shell.write([chance.choice(RANDOM) for _ in range(chance.randint(1, BURST))])
                if number % 5 == 4:
                    answer = chance.choice(("y", "n", "escape"))
                    shell.leave(LEAVES[number // 5 % 3], answer, wanted)
                if number % 8 == 5:
                    trouble += _verb(sim, chance.choice(VERBS))
            shell.end()
        trouble += shell.trouble
        if b"Traceback" in shell.terminal.output:
            trouble.append(shell.terminal.text())
        if beside is not None:
            trouble += _end(beside)
        sim.config.write_text(pristine)  # keys may have changed settings
        trouble += _verb(sim, ("sync", "--while-observing", "--wait", "20000"))
        trouble += faults_in(sim.state) + differences(sim, before)
    return trouble


def _until_answers(sim: Simulation) -> None:
    end = time.monotonic() + PATIENCE_S
    while not (sim.state / "agent.sock").exists():
        assert time.monotonic() < end, "the agent did not begin"
        time.sleep(0.05)


def _verb(sim: Simulation, arguments: tuple[str, ...]) -> list[str]:
    try:
        done = sim.run(*arguments, timeout=PATIENCE_S * 2)
    except subprocess.TimeoutExpired:
        return [f"{' '.join(arguments)} hangs"]
    if done.returncode in CODES and "Traceback" not in done.stderr:
        return []
    return [f"{' '.join(arguments)} ends with {done.returncode}: {done.stderr[-1500:]}"]


def _end(process: "subprocess.Popen[str]") -> list[str]:
    process.send_signal(signal.SIGTERM)
    try:
        _, said = process.communicate(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return ["the agent does not end"]
    return [said[-1500:]] if "Traceback" in said else []


def faults_in(state: Path) -> list[str]:
    """Faults of our own that were written down."""
    return [
        f"{path.name}: {path.read_text()[-1500:]}"
        for path in state.glob("*.log*")
        if path.name.startswith("crash") or "Traceback" in path.read_text(errors="replace")
    ]


def differences(sim: Simulation, before: set[str]) -> list[str]:
    """Where journal, server and telescope do not agree; `before` are the stacks that were there."""
    jobs, ledger = _journal(sim.state)
    rows = {row["id"] for row in sim.rows()}
    trouble = []
    if len(set(sim.identities())) != len(rows):
        trouble.append(f"a stack is on the server twice: {sim.identities()}")
    proved = {entry["row_id"] for entry in ledger if entry["upload"] == "confirmed"}
    if not proved <= rows:
        trouble.append(f"confirmed, and not on the server: rows {sorted(proved - rows)}")
    if known := rows - {entry["row_id"] for entry in ledger}:
        trouble.append(f"on the server, and not in the ledger: rows {sorted(known)}")
    deleted = {job["order"]["name"] for job in jobs if job["kind"] in DELETES}
    named = {entry["order"]["name"] for entry in ledger if entry["order"]["name"]}
    there = set(sim.scope_files("CrowdSky_*.fit"))
    if gone := named - there - deleted:
        trouble.append(f"in the ledger, and not on the telescope: {sorted(gone)}")
    stacked = {job["order"]["name"] for job in jobs} | named
    if strange := there - stacked - before:
        trouble.append(f"on the telescope, and not in the journal: {sorted(strange)}")
    return trouble


def _journal(state: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    db = sqlite3.connect(state / "journal.sqlite3")
    try:
        return tuple(  # type: ignore[return-value]
            [_filled(json.loads(body)) for (body,) in db.execute(f"SELECT body FROM {table}")]
            for table in ("jobs", "ledger")
        )
    finally:
        db.close()


def _filled(record: dict[str, Any]) -> dict[str, Any]:
    """A record with the defaults that are not written."""
    order = {"name": "", **record["order"]}
    return {"upload": "", "row_id": None, **record, "order": order}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.monkey_night")
    parser.add_argument("--bursts", type=int, default=400)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    found = 0
    for seed in range(arguments.seeds):
        for size in ((80, 24), (160, 50)):
            for agent in (True, False):
                looks = seed % 3 == 2
                trouble = run(seed, arguments.bursts, size, agent=agent, read_only=looks)
                print(f"seed {seed}, {size}, agent {agent}: {trouble or 'well'}", flush=True)
                found += bool(trouble)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
