"""How a job is shown to front ends."""

from crowdsky_tui.base.text import clean
from crowdsky_tui.jobs.engine.kind import kind_named
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.store.store import JobView

UNKNOWN_KIND = "a later version asked for this kind of job; it is left alone"


def view_of(job: AnyJob, *, known: bool, progress: float | None, detail: str) -> JobView:
    """A job in clean words; `known` says whether this version does such jobs."""
    kind = kind_named(job.kind)
    return JobView(
        id=job.id,
        kind=clean(job.kind),
        scope=job.payload.scope,
        target=clean(job.payload.target),
        label=clean(job.label),
        state=job.state,
        asked_at=job.asked_at,
        progress=progress,
        detail=detail,
        reason=clean(job.reason, 400) if known else UNKNOWN_KIND,
        filter=clean(job.payload.filter),
        harmless=kind is not None and kind.harmless,
        told_by_block=kind is not None and kind.told_by_subject,
    )
