"""Taking back: what can be undone, and how."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.store.store import JobState, JobView
from crowdsky_tui.tui.desk import Desk

if TYPE_CHECKING:
    from crowdsky_tui.progress.requests import RequestOutcome


def undo_reason(desk: Desk) -> str | None:
    """Why nothing can be taken back; None where something can."""
    return None if desk.undo.newest else "There is nothing to undo"


async def undo(desk: Desk) -> None:
    """Take back the newest deed that can be taken back, and say what it was."""
    deed = desk.undo.pop()
    if deed is not None:
        desk.say(f"Undone: {deed.what}. {await deed.back()}")


@contextlib.contextmanager
def noting_jobs(desk: Desk, what: str) -> Iterator[Callable[["RequestOutcome"], None]]:
    """What is asked for within can be undone: the jobs that were not there before."""
    before = set(desk.night.store.jobs)
    asked_now: list[int] = []

    def note(asked: "RequestOutcome") -> None:
        asked_now.extend(job_id for job_id in asked.jobs if job_id not in before)

    yield note
    if asked_now:
        desk.undo.add(what, _cancel_untouched(desk, asked_now))


def _cancel_untouched(desk: Desk, job_ids: Sequence[int]) -> Callable[[], Awaitable[str]]:
    async def back() -> str:
        from crowdsky_tui.night.calls.jobs import Cancel

        found = [desk.night.store.jobs.get(job_id) for job_id in job_ids]
        untouched = [job for job in found if job is not None and _untouched(job)]
        for job in untouched:
            await desk.night.do(Cancel(job.id))
        rest = len(job_ids) - len(untouched)
        said = f"{len(untouched)} of {len(job_ids)} jobs cancelled"
        return f"{said}; {rest} had begun or ended" if rest else said

    return back


def _untouched(job: JobView) -> bool:
    """Whether nothing has reached the scope or the server yet that would have to be taken back."""
    if job.state is JobState.QUEUED:
        return True
    return job.state is JobState.WAITING and job.harmless


def reask(desk: Desk, jobs: Sequence[JobView]) -> Callable[[], Awaitable[str]]:
    """Takes back a cancel: the same jobs are asked for again."""

    async def back() -> str:
        from crowdsky_tui.night.calls.jobs import AskAgain

        notes = []
        for job in jobs:
            try:
                notes.append(await desk.night.do(AskAgain(job.id)))
            except CrowdSkyError as error:
                notes.append(str(error))
        return "; ".join(dict.fromkeys(notes))

    return back
