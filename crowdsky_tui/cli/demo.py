"""The demo night: the stand-ins as a child process that ends when we do."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.streams import tell_person
from crowdsky_tui.base.text import clean
from crowdsky_tui.simulator.night_folder import PLANTED

SPEED = 60.0
SENSORS = ("json", "sqm", "nmea")
"""A weather station, a sky quality meter, a GPS."""
END_PATIENCE_S = 5.0
WHOLE_PATIENCE_S = 30.0


@contextmanager
def demo_night(speed: float = SPEED, *, dusk: bool = False, whole: bool = False) -> Iterator[Path]:
    """Run the stand-ins on a live night; yields the path of the settings that point at them.

    With `dusk` the night is still to come, with a list of targets to be observed. With `whole` its
    earlier records are there, too, which the app does not wait for. Their time runs `speed` times
    as fast as ours. They end when their stdin closes, so they do not outlive us whatever happens.
    Raises CrowdSkyError if they do not start.
    """
    tell_person("crowdsky-tui: preparing the demo night …")
    kind = "--dusk" if dusk else "--live"
    command = [sys.executable, "-m", "crowdsky_tui", "simulate", kind, "--remote"]
    command += ["--follow-stdin"]
    command += [word for kind in SENSORS for word in ("--sensor", kind)]
    with tempfile.TemporaryFile() as complaints:
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and our own arguments
            [*command, "--speed", str(speed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            start_new_session=True,  # ctrl+c in the app's terminal is the app's
        )
        assert child.stdin is not None and child.stdout is not None
        try:
            ready = child.stdout.readline()
            if not ready:
                raise _not_started(complaints)
            config = Path(json.loads(ready)["config"])
            if whole:
                _wait_for(config.parent / PLANTED)
            yield config
        finally:
            child.stdin.close()
            child.stdout.close()
            try:
                child.wait(END_PATIENCE_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _not_started(complaints: IO[bytes]) -> CrowdSkyError:
    complaints.seek(0)
    lines = complaints.read().decode(errors="replace").strip().splitlines()
    why = lines[-1] if lines else "it ended at once"
    return CrowdSkyError("the demo night did not start", clean(why, 400))


def _wait_for(path: Path) -> None:
    """Until it is there; a demo that is slower goes on without its earlier records."""
    end_s = time.monotonic() + WHOLE_PATIENCE_S
    while not path.exists() and time.monotonic() < end_s:
        time.sleep(0.05)
