"""Pauses in real seconds, which a simulated clock cannot shorten: each is short, or stands here.

What a night waits for goes by its clock, `clock.sleep`; a test on a fast clock says nothing of a
pause that goes past it. So no long one may be among these, and none that nobody has looked at.
"""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import crowdsky_tui

ROOT = Path(crowdsky_tui.__file__).parent
LONGEST_S = 60.0
WORKED_OUT = {
    ("night/background/house.py", "BACK_OFF_S[min(tries, len(BACK_OFF_S) - 1)]"): (
        "a minute at most: the broker lives in real time"
    ),
    ("agent/client.py", "pause_s"): "from RETRY_S on, doubled up to its own bound",
    ("base/clock.py", "max(self.real_seconds(seconds), SHORTEST_WAIT)"): "the clock itself",
    ("base/supervisor.py", "pause"): "after a fault, doubled up to its own bound",
    ("services/telescope_org/download.py", "wait"): "the site's own pace, POLL_S or none",
    ("database/records.py", "failed_s"): "after a failed write, in a task of its own",
    ("instruments/alpaca/discovery.py", "min(ASK_EVERY_S, left)"): "ends with the search",
    ("instruments/seestar/connection/discovery.py", "min(ASK_EVERY_S, left)"): "ends with it too",
    ("instruments/seestar/connection/rpc.py", "self._keep_alive_s - quiet"): "a real socket's",
    ("instruments/seestar/connection/rpc.py", "rest"): "a real socket's",
    ("instruments/seestar/connection/telescope_link.py", "FIRST_SEEK_S if self.rpc.host else 0"):
        "at the start",
    ("instruments/seestar/connection/telescope_link.py", "SEEK_EVERY_S"):
        "150 s between two searches of a real network for a telescope that does not answer",
    ("instruments/sensors/sensor.py", "max(left_s, SHORTEST_PERIOD_S)"): "a sensor's own period",
    ("instruments/sensors/watch.py", "pause_s"): "a sensor that is away",
    ("night/background/night_records.py",
     "max(self._clock.real_seconds(LOOK_EVERY_S), SHORTEST_LOOK_S)"): "the clock's, floored",
    ("services/http/rate.py", "begin - time.monotonic()"): "the server's rate, in real time",
}  # fmt: skip
"""Pauses that are long or worked out, by module and expression, and why they are real seconds."""
PLAYED = ("simulator", "recorder")
"""What stands in for the world plays in real time."""


def pauses() -> Iterator[tuple[str, str]]:
    """Every call of a `sleep` that is not a clock's: its module's file, and what is slept for."""
    for path in sorted(ROOT.rglob("*.py")):
        place = path.relative_to(ROOT)
        if place.parts[0] in PLAYED:
            continue
        text = path.read_text()
        for node in ast.walk(ast.parse(text)) if "sleep" in text else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "asyncio.sleep",
                "time.sleep",
                "sleep",
            ):
                yield str(place), ast.unparse(node.args[0])


def seconds(place: str, what: str) -> float | None:
    """The pause if it is a number or a constant of its module; None if it is worked out."""
    try:
        return float(what)
    except ValueError:
        module = ".".join(("crowdsky_tui", *Path(place).with_suffix("").parts))
        found = getattr(importlib.import_module(module), what, None) if what.isupper() else None
        return float(found) if isinstance(found, int | float) else None


@pytest.mark.parametrize(("place", "what"), sorted(set(pauses())))
def test_a_real_pause_is_short_or_somebody_has_looked_at_it(place: str, what: str) -> None:
    found = seconds(place, what)
    if found is None or found > LONGEST_S:
        assert (place, what) in WORKED_OUT, f"{place} sleeps for {what}: by which clock?"
    else:
        assert found >= 0


def test_what_stands_here_is_still_there() -> None:
    assert set(WORKED_OUT) <= set(pauses())
