"""What a running job may do to the journal and to the screen."""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import msgspec

from crowdsky_tui.jobs.engine.journal import JobJournal
from crowdsky_tui.jobs.engine.model import AnyJob, Facts, Job, P

J = TypeVar("J", bound=JobJournal)


class Show(Protocol):
    """How a job's progress is put on the screen: `JobQueue.show`."""

    def __call__(self, job: AnyJob, progress: float | None = None, detail: str = "") -> None: ...


class Context(Generic[J, P]):
    """What a running job may do to the journal and to the screen."""

    def __init__(
        self, journal: J, job: Job[P], show: Show, cancel_asked: Callable[[], bool] = bool
    ) -> None:
        self.journal = journal
        self.job = job
        self.cancel_asked = cancel_asked
        """Whether it was cancelled for good, not only until the next start."""
        self._show = show

    async def note(self, step: str, facts: Facts | None = None) -> None:
        """Journal the step that comes next, before it touches the outside world."""
        noted = await self.journal.note(self.job, step, facts or {})
        self.job = msgspec.structs.replace(self.job, step=noted.step, facts=noted.facts)

    def progress(self, fraction: float | None, detail: str = "") -> None:
        """Show how far the job is (0 to 1). Cheap: call as often as you like."""
        self._show(self.job, progress=fraction, detail=detail)
