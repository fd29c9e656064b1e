"""Waits for the jobs of a command, tells of them on stderr, and says what came of them."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.base.streams import tell_person
from crowdsky_tui.cli.output import say

if TYPE_CHECKING:
    from crowdsky_tui.jobs.order import Job, Order
    from crowdsky_tui.night.night import Night

PATIENCE_S = 1800.0
"""How long a verb waits for jobs of which nothing moves."""


async def follow(night: "Night", orders: "Sequence[Order]", patience_s: float) -> "dict[str, Job]":
    """`wait_for_jobs`, telling of them meanwhile."""
    from crowdsky_tui.agent.handing_night import HandingNight
    from crowdsky_tui.night.wait_for_jobs import wait_for_jobs

    printer = _ProgressPrinter(night)
    if not isinstance(night, HandingNight):
        return await wait_for_jobs(night, orders, patience_s, on_look=printer.tell)

    def look() -> None:
        printer.tell()
        night.raise_if_lost()

    ended = await wait_for_jobs(night, orders, patience_s, on_look=look)
    await night.read_again()
    return ended


def exit_code(outcomes: "dict[str, Job]") -> ExitCode:
    """0 only if every job that was asked for is proved."""
    from crowdsky_tui.store.store import JobState

    proved = all(job.state is JobState.PROVED for job in outcomes.values())
    return ExitCode.OK if proved else ExitCode.SOME_FAILED


def unless_waiting(code: ExitCode, waiting: object) -> ExitCode:
    """What waits for a person's word is not proved, though nothing failed."""
    return code or (ExitCode.SOME_FAILED if waiting else ExitCode.OK)


class _ProgressPrinter:
    """Prints new log lines, and on a terminal a line with what is running."""

    def __init__(self, night: "Night") -> None:
        self._night = night
        self._told = 0
        self._width = 0

    def tell(self) -> None:
        log, count = self._night.store.log, self._night.store.lines_logged
        fresh = list(log)[max(len(log) - (count - self._told), 0) :] if count > self._told else []
        self._told = count
        if fresh:
            self._erase()
        for line in fresh:
            say(f"{line.at:%H:%M:%S} {line.text}")
        if sys.stderr.isatty():
            self._show_running()

    def _show_running(self) -> None:
        from crowdsky_tui.store.store import JobState

        parts = [
            f"{view.kind} {view.label} {view.progress:.0%}"
            for view in self._night.store.jobs.values()
            if view.state is JobState.RUNNING and view.progress is not None
        ]
        line = " · ".join(parts)[:78]
        self._erase()
        tell_person(line, end="")
        self._width = len(line)

    def _erase(self) -> None:
        if self._width:
            tell_person("\r" + " " * self._width + "\r", end="")
            self._width = 0
