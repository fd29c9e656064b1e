"""How late the event loop is, and who keeps it: a stall gets the name of what ran meanwhile."""

import asyncio
import sys
import threading
import time
from collections import Counter
from types import FrameType

BEAT_S = 0.01
STALL_S = 0.05


class LagWatch:
    """Beats on the event loop; a thread looks at what the loop does when a beat is overdue.

    `lags` are milliseconds. `culprits` counts looks by the functions of ours that were running,
    the innermost first: some ten milliseconds each.
    """

    def __init__(self) -> None:
        self.lags: list[float] = []
        self.culprits: Counter[str] = Counter()
        self._beaten = time.monotonic()
        self._loop_thread = threading.get_ident()
        self._ended = threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)

    async def run(self) -> None:
        """Beat until cancelled."""
        self._looking.start()
        loop = asyncio.get_running_loop()
        try:
            while True:
                due = loop.time() + BEAT_S
                self._beaten = time.monotonic()
                await asyncio.sleep(BEAT_S)
                self.lags.append((loop.time() - due) * 1000)
        finally:
            self._ended.set()

    def _look(self) -> None:
        while not self._ended.wait(BEAT_S):
            if time.monotonic() - self._beaten > BEAT_S + STALL_S:
                frame = sys._current_frames().get(self._loop_thread)
                self.culprits[_name(frame)] += 1

    def worst(self) -> str:
        """The three that were caught most often, with how often."""
        return "; ".join(f"{name} ×{count}" for name, count in self.culprits.most_common(3))


def _name(frame: FrameType | None) -> str:
    """`survey._state < views._compute`: the innermost three functions of ours."""
    names: list[str] = []
    while frame is not None and len(names) < 3:
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith("crowdsky_tui."):
            names.append(f"{module.removeprefix('crowdsky_tui.')}.{frame.f_code.co_name}")
        frame = frame.f_back
    return " < ".join(names) or "nothing of ours: the machine was busy, or the collector ran"
