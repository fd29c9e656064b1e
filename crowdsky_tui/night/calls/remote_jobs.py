"""Calls about the jobs at telescope.org: ask, fetch, see how far they are, cancel, clear."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

import msgspec

from crowdsky_tui.archive.frame import Source
from crowdsky_tui.base.errors import DatabaseError, UsageError
from crowdsky_tui.jobs.engine.model import AnyJob, fact_number
from crowdsky_tui.jobs.kinds.remote_request import HANDING_OVER, TAKEN
from crowdsky_tui.jobs.remote_order import RemoteJob, RemoteOrder, draft_id, draft_of
from crowdsky_tui.jobs.scopes import refuse_kind
from crowdsky_tui.night.calls.call import SLOW_S, Call
from crowdsky_tui.night.remote_visibility import check_visible
from crowdsky_tui.services.telescope_org.cache import CachedAs
from crowdsky_tui.services.telescope_org.draft import Draft, check
from crowdsky_tui.services.telescope_org.errors import SiteChanged
from crowdsky_tui.services.telescope_org.records import Form
from crowdsky_tui.store.store import JobState

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

REQUEST, FETCH = "remote-request", "remote-fetch"


class RemoteJobLine(msgspec.Struct, frozen=True):
    """One job about telescope.org, and how far it is.

    Parameters
    ----------
    request, job : int or None
        The site's numbers, as far as there are any.
    status : str
        The site's word for the request's state when it was last seen in its list.
    path, bytes : str, int or None
        The picture, once it is here.
    preparing : bool
        Whether it waits for the site to prepare the file.
    may_be_sent : bool
        Whether a request was being handed over, and no list has shown it yet.
    """

    id: int
    kind: str
    label: str
    state: JobState
    reason: str
    asked_at: datetime
    next_try_at: datetime | None = None
    request: int | None = None
    job: int | None = None
    status: str = ""
    path: str = ""
    bytes: int | None = None
    preparing: bool = False
    may_be_sent: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing more is done about it."""
        return self.state in (JobState.PROVED, JobState.FAILED, JobState.CANCELLED)


class ListRemoteJobs(Call[tuple[RemoteJobLine, ...]], frozen=True):
    """The jobs with these numbers; without any those that are not over, and those that failed."""

    changes: ClassVar[bool] = False
    ids: tuple[int, ...] | None = None

    async def run(self, night: "NightParts") -> tuple[RemoteJobLine, ...]:
        if self.ids is not None:
            jobs = await night.journal.jobs(self.ids)
        else:
            jobs = [*await night.journal.unfinished(), *await night.journal.failed()]
        return tuple([await _line(night, job) for job in _remote(jobs)])


class CheckedRequest(msgspec.Struct, frozen=True):
    """What would be asked for, and how many requests of the account wait already.

    `under_way` is the job here that asks for it at this moment; then the site was not looked at.
    """

    draft: Draft
    pending: int = 0
    queue: int = 0
    under_way: int | None = None


class CheckRequest(Call[CheckedRequest], frozen=True):
    """Whether this may be asked for now, by the site's list. Asks the site, changes nothing."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    target: str
    telescope: str = "COAST"
    filter: str = "BVR"
    exposure_s: float = 90.0
    name: str = ""
    comment: str = ""

    async def run(self, night: "NightParts") -> CheckedRequest:
        found = await night.science.find_target(self.target, night.clock.now())
        draft = Draft(
            name=self.name or found.name,
            position=found.j2000,
            exposure_s=self.exposure_s,
            telescope=self.telescope.strip().upper(),
            filter=self.filter,
            comment=self.comment,
        )
        for job in _remote(await night.journal.unfinished()):
            if job.kind == REQUEST and draft_of(job.payload) == draft_id(draft):
                return CheckedRequest(draft, under_way=job.id)
        check(draft)
        check_visible(draft, night.clock.now())
        client = await night.telescope_org()
        rows = await client.check(draft)
        return CheckedRequest(draft, sum(row.pending for row in rows), client.queue)


class SubmitRequest(Call[int], frozen=True):
    """Ask for what was checked, once; the job's number. With `fetch` its picture follows."""

    draft: Draft
    via_form: bool = False
    fetch: bool = False

    async def run(self, night: "NightParts") -> int:
        refuse_kind(REQUEST, read_only=night.settings.read_only)
        order = RemoteOrder(
            target=self.draft.name, draft=self.draft, via_form=self.via_form, insist=True
        )
        job_id, _ = await night.queue.add(REQUEST, FETCH if self.fetch else REQUEST, order)
        night.views.stale = True
        return job_id


class FoundPicture(msgspec.Struct, frozen=True):
    """A picture of the site: of which job, with which flat field; its file if it is here."""

    job: int
    flat: int | None = None
    path: str = ""
    bytes: int | None = None


class FindPicture(Call[FoundPicture], frozen=True):
    """The picture of a job, or of a complete request. Asks the site, changes nothing.

    Raises UsageError for a request without a job, and what an account or a site that cannot be
    used raises.
    """

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    number: int
    of_request: bool = False
    form: Form = Form.CUBE
    with_flat: bool = False

    async def run(self, night: "NightParts") -> FoundPicture:
        client = await night.telescope_org()
        number: int | None = self.number
        if self.of_request:
            number = await client.job_of_request(self.number)
        if number is None:
            raise UsageError(
                f"R{self.number} has no job yet", next_step="Look with 'remote request'."
            )
        flat = (await client.job(number)).flat if self.with_flat else None
        path, size = await _picture(night, CachedAs(number, self.form, flat))
        if size is None and not self.with_flat:
            with suppress(SiteChanged):  # the page tells of the picture; the picture comes anyhow
                await client.job(number)
        return FoundPicture(number, flat, path if size is not None else "", size)


class FetchPicture(Call[int], frozen=True):
    """Fetch a picture; the number of the job here. Where `FindPicture` raises nothing is queued."""

    patience_s: ClassVar[float] = SLOW_S
    picture: FindPicture

    async def run(self, night: "NightParts") -> int:
        found = await self.picture.run(night)
        order = RemoteOrder(job=found.job, form=self.picture.form, flat=found.flat, insist=True)
        job_id, _ = await night.queue.add(FETCH, FETCH, order)
        night.views.stale = True
        return job_id


class CancelRemoteJobs(Call[tuple[RemoteJobLine, ...]], frozen=True):
    """Cancel these jobs here, and what was to follow them. UsageError for one that is over."""

    ids: tuple[int, ...]

    async def run(self, night: "NightParts") -> tuple[RemoteJobLine, ...]:
        jobs = _remote(await night.journal.jobs(self.ids))
        unfinished = {job.id for job in jobs if job.unfinished}
        for number in self.ids:
            if number not in unfinished:
                raise UsageError(f"no job {number} about telescope.org is to be done", "", SEE)
        for job in jobs:
            if not await night.queue.cancel(job.id):  # no queue runs, or it ended meanwhile
                await _cancel_at_rest(night, job)
        night.views.stale = True
        return await ListRemoteJobs(self.ids).run(night)


class ClearRemoteJobs(Call[int], frozen=True):
    """Forget the failed jobs with these numbers (of all: None); how many. The site keeps its own.

    UsageError for one that has not failed.
    """

    ids: tuple[int, ...] | None = None

    async def run(self, night: "NightParts") -> int:
        failed = {job.id: job for job in _remote(await night.journal.failed())}
        for number in self.ids or ():
            if number not in failed:
                raise UsageError(f"no job {number} about telescope.org has failed", "", SEE)
        chosen = failed.values() if self.ids is None else [failed[one] for one in self.ids]
        await night.journal.forget_failed({job.payload.block_id for job in chosen})
        night.views.stale = True
        return len(chosen)


SEE = "'crowdsky-tui remote queue' shows them."


def _remote(jobs: Iterable[AnyJob]) -> list[RemoteJob]:
    return [cast(RemoteJob, job) for job in jobs if isinstance(job.payload, RemoteOrder)]


async def _cancel_at_rest(night: "NightParts", job: RemoteJob) -> None:
    for known in await night.journal.jobs([job.id]):
        if known.unfinished:
            now = night.clock.now()
            await night.journal.move(known, JobState.CANCELLED, reason="cancelled", ended_at=now)


async def _line(night: "NightParts", job: RemoteJob) -> RemoteJobLine:
    order, path, size = job.payload, "", None
    if job.kind == FETCH and job.state is JobState.PROVED and order.job is not None:
        path, size = await _picture(night, CachedAs(order.job, order.form, order.flat))
    return RemoteJobLine(
        id=job.id,
        kind=job.kind,
        label=job.label,
        state=job.state,
        reason=job.reason,
        asked_at=job.asked_at,
        next_try_at=job.next_try_at,
        request=order.request,
        job=order.job,
        status=order.status,
        path=path,
        bytes=size,
        preparing=job.state is JobState.WAITING and fact_number(job.facts, "not_ready") > 0,
        may_be_sent=job.kind == REQUEST
        and job.state is not JobState.PROVED
        and job.step in (HANDING_OVER, TAKEN),
    )


async def _picture(night: "NightParts", wanted: CachedAs) -> tuple[str, int | None]:
    """Where a picture lies here, and its bytes; None for these if it does not."""
    path = wanted.path(night.settings.remote_cache)
    with suppress(DatabaseError):
        frame = await night.frames.find(Source.REMOTE, wanted.name)
        path = Path(frame.path) if frame is not None and frame.path else path
    try:
        return str(path), (await asyncio.to_thread(path.stat)).st_size
    except OSError:
        return str(path), None
