"""Runs the real command line against real stand-ins, each in a process of its own."""

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

COMMAND = (sys.executable, "-m", "crowdsky_tui")
WAITING_VERBS = frozenset({"raw-upload", "settle", "sync", "upload"})
PATIENCE = ("--wait", "36000")
"""A minute of the fast clock: in the three seconds of the usual wait a busy machine may stand."""
OTHER_NIGHTS = frozenset({"--live", "--dusk", "--seed", "--model", "--firmware", "--full-size"})
"""What makes `simulate` write other files than those of the night that most tests begin with."""


class Simulation:
    """A running `simulate` and what its ready line said."""

    def __init__(self, ready: dict[str, Any], process: "subprocess.Popen[str]") -> None:
        self.ready = ready
        self.config = Path(ready["config"])
        self.process = process

    @property
    def state(self) -> Path:
        return self.config.parent / "state"

    @property
    def downloads(self) -> Path:
        return self.config.parent / "downloads"

    def run(
        self, *arguments: str, timeout: float = 120, **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        waits = WAITING_VERBS.intersection(arguments[:1]) and "--wait" not in arguments
        return subprocess.run(
            [*COMMAND, "--config", str(self.config), *arguments, *(PATIENCE if waits else ())],
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **environment},
            check=False,
        )

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Run a verb with --json; its exit code must be `code`, its output one document."""
        done = self.run(*arguments, "--json")
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    def begin(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*COMMAND, "--config", str(self.config), *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            preexec_fn=_interruptible,
        )

    def rows(self) -> list[dict[str, Any]]:
        """What the server really lists."""
        server = self.ready["server"]
        login = (server["username"], server["password"])
        answer = httpx.get(f"{server['url']}/api/my_stacks.php", auth=login, trust_env=False)
        rows: list[dict[str, Any]] = answer.raise_for_status().json()
        return rows

    def identities(self) -> list[tuple[Any, ...]]:
        """The identity of each row: nothing may be in here twice."""
        return sorted(
            (
                row["chunk_key"],
                row["telescope_id"],
                row["filter_name"],
                round(row["total_exptime"] / row["n_frames_aligned"]),
            )
            for row in self.rows()
        )

    def scope_files(self, pattern: str) -> list[str]:
        """Names of the files on all scopes that match."""
        roots = [Path(scope["root"]) for scope in self.ready["scopes"]]
        return sorted(path.name for root in roots for path in root.rglob(pattern))


def _interruptible() -> None:
    """A shell starts its background jobs with SIGINT ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def simulation(root: Path, *options: str) -> Iterator[Simulation]:
    """Stand-ins on a night that is over, on a fast clock; ended with SIGTERM.

    The telescopes' files are written once in a process and then copied: to make them anew takes
    a second and a half.
    """
    if not OTHER_NIGHTS.intersection(options):
        scopes = options[options.index("--scopes") + 1] if "--scopes" in options else "2"
        root.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", f"{_written_night(scopes)}/.", root], check=True)
    with _simulate(root, *options) as running:
        yield running


@contextmanager
def _simulate(root: Path, *options: str) -> Iterator[Simulation]:
    speed = ("--speed", "600", "--seconds-per-frame", "0.5")
    process = subprocess.Popen(
        [*COMMAND, "simulate", "--root", str(root), *speed, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield Simulation(json.loads(line), process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


_nights = tempfile.TemporaryDirectory(prefix="nights-")


@functools.cache
def _written_night(scopes: str) -> Path:
    """A folder as `simulate` leaves it with so many telescopes, its clock at the beginning."""
    root = Path(_nights.name) / scopes
    with _simulate(root, "--scopes", scopes) as running:
        roots = [Path(each["root"]) for each in running.ready["scopes"]]
    marker = root / "night.json"
    noted = json.loads(marker.read_text())
    marker.write_text(json.dumps({**noted, "stopped": noted["origin"]}))
    for each in root.iterdir():
        if each != marker and each not in roots:
            shutil.rmtree(each)
    return root
