"""How long the queue's jobs take, from how long others of their kind took here. Pure."""

from collections import deque
from collections.abc import Collection, Iterable

import msgspec

from crowdsky_tui.store.store import JobState, JobView

MOST_KEPT = 9
LEAST_PROGRESS = 0.05
"""From here on a running job's own pace is believed."""


class QueueLeft(msgspec.Struct, frozen=True):
    """Jobs that run or are queued, those that wait for something else, seconds until all is done.

    `left_s` is None while nothing of some kind that is left was ever seen to its end.
    """

    to_do: int = 0
    waiting: int = 0
    left_s: float | None = None


class QueuePace:
    """Follows the jobs of a store: call `note` whenever they moved."""

    def __init__(self) -> None:
        self._took: dict[str, deque[float]] = {}
        self._not_begun: set[int] = set()
        self._began: dict[int, tuple[str, float]] = {}

    def note(self, jobs: Collection[JobView], now_s: float) -> None:
        """Look at the jobs that are not over, at `now_s` of a steady clock.

        A job counts only if it was seen before it began: its whole time is known then.
        """
        running = {job.id for job in jobs if job.state is JobState.RUNNING}
        for job in jobs:
            if job.id in running and job.id in self._not_begun:
                self._began.setdefault(job.id, (job.kind, now_s))
        here = {job.id for job in jobs}
        for number in [each for each in self._began if each not in running]:
            kind, began = self._began.pop(number)
            if number not in here:
                self._took.setdefault(kind, deque(maxlen=MOST_KEPT)).append(now_s - began)
        self._not_begun = here - running

    def left(self, jobs: Iterable[JobView], now_s: float) -> QueueLeft:
        """What is left of these jobs at `now_s`; jobs of one kind and scope follow each other."""
        lanes: dict[tuple[str, str], list[JobView]] = {}
        waiting = 0
        for job in jobs:
            if job.state is JobState.WAITING:
                waiting += 1
            else:
                lanes.setdefault((job.kind, job.scope), []).append(job)
        each = [self._lane_s(kind, lane, now_s) for (kind, _), lane in lanes.items()]
        known = [seconds for seconds in each if seconds is not None]
        to_do = sum(len(lane) for lane in lanes.values())
        return QueueLeft(to_do, waiting, max(known) if known and len(known) == len(each) else None)

    def _lane_s(self, kind: str, lane: list[JobView], now_s: float) -> float | None:
        from statistics import median  # not before the first frame

        usual = median(took) if (took := self._took.get(kind)) else None
        left, queued = 0.0, 0
        for job in lane:
            began = self._began.get(job.id)
            if job.state is not JobState.RUNNING:
                queued += 1
                continue
            passed = 0.0 if began is None else now_s - began[1]
            if began is not None and passed > 0 and (job.progress or 0.0) >= LEAST_PROGRESS:
                whole = passed / min(job.progress or 1.0, 1.0)
                usual = whole if usual is None else usual
                left += whole - passed
            elif usual is None:
                return None
            else:
                left += max(usual - passed, 0.0)
        if queued and usual is None:
            return None
        return left + queued * (usual or 0.0)
