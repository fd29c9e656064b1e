"""What front ends ask of the review: the stacks, their numbers and pictures, keep, hold, reject.

It also looks at what has been fetched before it may leave, where `review.mode` says so.
"""

import contextlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks import BlockKey
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Job, Order, of_stacks
from crowdsky_tui.jobs.review import Mark
from crowdsky_tui.jobs.stack_kind import proved_state, stack_kind
from crowdsky_tui.photometry.measures import Quality
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.review.grades import Compared, Graded, compare, hints
from crowdsky_tui.review.reviews import Reviews
from crowdsky_tui.store.store import BlockState, BlockView, JobState

if TYPE_CHECKING:
    from crowdsky_tui.progress.requests import RequestOutcome
    from crowdsky_tui.progress.running_night import RunningNight

REVIEWED = frozenset(
    {BlockState.FETCHED, BlockState.HELD, BlockState.REJECTED, BlockState.SENT,
     BlockState.CONFIRMED, BlockState.STACKED, BlockState.FAILED, BlockState.WAITING}
)  # fmt: skip


class ReviewItem(msgspec.Struct, frozen=True):
    """One stack as the review shows it. Text is clean; `stack_id` names it in requests.

    `fetched` says that its file is on this machine: only then can it be measured or drawn.
    `sha256` is that of its file, once it was here.
    """

    stack_id: str
    block: BlockView
    fetched: bool
    mark: Mark = Mark.NONE
    graded: Graded | None = None
    numbers: tuple[Compared, ...] = ()
    hints: tuple[str, ...] = ()
    frames: int | None = None
    facts: str = ""
    sky: str = ""
    sha256: str = ""

    @property
    def waiting(self) -> bool:
        """Whether it is still to be decided, or to be sent."""
        done = {BlockState.SENT, BlockState.CONFIRMED, BlockState.REJECTED, BlockState.SAME}
        return self.block.state not in done


class Step(msgspec.Struct, frozen=True):
    """One step of a block's way in the journal. Times are aware UTC; all text is clean."""

    kind: str
    state: JobState
    asked_at: datetime
    proved_at: datetime | None
    attempts: int
    reason: str
    step: str = ""


class StackReview:
    """`changed` is called whenever what it knows may change how far a block is."""

    def __init__(
        self, night: "RunningNight", changed: Callable[[], None], faults: Faults | None = None
    ) -> None:
        self.reviews = Reviews(night.journal, night.science, night.clock, lambda: night.settings)
        self._journal = night.journal
        self._science = night.science
        self._queue = night.queue
        self._situations = night.situations
        self._send = night.upload_orders
        self._changed = changed
        self._tasks = Supervisor(faults)

    async def close(self) -> None:
        """Stop what runs in the background."""
        await self._tasks.close()

    async def items(self) -> tuple[ReviewItem, ...]:
        """Every stack that can be looked at, or could after a fetch; oldest first."""
        ledger = {entry.order.stack_id: entry for entry in await self._journal.ledger()}
        found = [
            self._item(seen, ledger.get(seen.order.stack_id) or LedgerEntry(seen.order))
            for seen in self._situations()
            if seen.order.name and seen.block.state in REVIEWED
        ]
        return tuple(sorted(found, key=lambda item: (item.block.block_start, item.stack_id)))

    def _item(self, seen: Situation, entry: LedgerEntry) -> ReviewItem:
        order, review = seen.order, self.reviews.of(seen.order)
        quality, same = review.quality, self.reviews.same(order)
        item = ReviewItem(
            stack_id=order.stack_id,
            block=seen.block,
            fetched=bool(entry.sha256 and entry.local_path),
            mark=review.mark,
            sha256=entry.sha256,
        )
        if quality is None:
            return item
        return msgspec.structs.replace(
            item,
            graded=self.reviews.graded(order),
            numbers=compare(quality, same),
            hints=hints(quality, same, seen.block.frame_count),
            frames=quality.frames,
            facts=_facts(quality),
            sky=_sky(quality),
        )

    async def measure(self, stack_id: str) -> ReviewItem:
        """Measure a stack and grade it. UsageError if it is not here, FileDamaged if it is bad."""
        seen, entry = await self._found(stack_id)
        await self.reviews.measure(entry)
        self._changed()
        return self._item(seen, entry)

    async def preview(
        self, stack_id: str, width: int, height: int, *, stretch: int = 1, zoom: int = 1
    ) -> Preview:
        """A picture of at most `width` × `height` pixels."""
        _, entry = await self._found(stack_id)
        path = Path(entry.local_path)
        return await self._science.preview(path, width, height, stretch=stretch, zoom=zoom)

    async def mark(self, stack_id: str, mark: Mark) -> str:
        """Keep, hold or reject a stack; what is not on its way yet is stopped. A plain line."""
        seen = self._situation(stack_id)
        if seen.block.state in {BlockState.SENT, BlockState.CONFIRMED} and mark is not Mark.NONE:
            raise UsageError("this stack was sent already", f"the server has {seen.order.name}")
        if mark in {Mark.HELD, Mark.REJECTED}:
            for job in self._queue.unfinished([seen.order.block_id]):
                kind = stack_kind(job.kind)
                ends_as = kind.proves if kind else None
                if ends_as is BlockState.SENT and job.state is JobState.RUNNING:
                    raise UsageError("this stack is being sent", "", "Cancel its upload first")
                if ends_as in {BlockState.FETCHED, BlockState.SENT}:
                    await self._queue.cancel(job.id)
        await self.reviews.mark(seen.order, mark)
        self._changed()
        order = seen.order
        what = f"{order.target} {order.start:%H:%M} {order.filter}"
        return f"{what} {mark.value or 'undecided again'}"

    async def send_kept(self) -> "RequestOutcome":
        """Queue the upload of all stacks that a person kept."""
        kept = [
            seen.order
            for seen in self._situations()
            if seen.to_upload and self.reviews.of(seen.order).mark is Mark.KEPT
        ]
        return await self._send(kept)

    async def fetch(self, stack_id: str) -> str:
        """Queue the fetch of a stack to this machine, and no more. A plain line."""
        order = self._situation(stack_id).order
        await self._queue.add("fetch", "fetch", order)
        self._changed()
        return f"Fetching {clean(order.name)} from {order.scope}"

    async def steps(self, block: BlockKey) -> tuple[Step, ...]:
        """What the journal has of a block: the newest job of each kind, oldest first."""
        ids = {seen.order.block_id for seen in self._situations() if seen.order.block_key == block}
        return tuple(map(_step, await self._journal.latest(ids))) if ids else ()

    async def measure_left(self) -> None:
        """Measure what an earlier run fetched and did not come to measure, where the rule asks."""
        for seen in self._situations():
            if seen.block.state is BlockState.HELD and self.reviews.to_measure(seen.order):
                with contextlib.suppress(CrowdSkyError):  # it stays held as "not measured yet"
                    await self.reviews.measure(await self._journal.entry(seen.order))
                self._changed()

    def after(self, ended: AnyJob) -> None:
        """A job is over: look at what was fetched and was wanted on the server."""
        for job in of_stacks([ended]):
            self._after_stack(job)

    def _after_stack(self, job: Job) -> None:
        proved = proved_state(job)
        if proved is BlockState.FETCHED and job.payload.block_id in self.reviews.wanted:
            self._tasks.start("measuring a fetched stack", self._look_at(job.payload))
        elif not job.unfinished and proved is not BlockState.STACKED:
            self.reviews.to_look_at.discard(job.payload.block_id)

    async def _look_at(self, order: Order) -> None:
        """Measure a fetched stack, then let it go if the rule has nothing against it."""
        try:
            with contextlib.suppress(CrowdSkyError):  # it stays held; the review says why
                await self.reviews.measure(await self._journal.entry(order))
                if self.reviews.verdict(order).state is BlockState.FETCHED:
                    await self._send([msgspec.structs.replace(order, local_path="")])
                    self.reviews.wanted.discard(order.block_id)
                self._changed()
                await self._release()
        finally:
            self.reviews.to_look_at.discard(order.block_id)
            self._changed()

    async def _release(self) -> None:
        """Send what was asked for and held, if it is graded better now that more is known."""
        free = [
            seen.order
            for seen in self._situations()
            if seen.order.block_id in self.reviews.wanted
            and seen.to_upload
            and self.reviews.of(seen.order).mark is Mark.NONE
            and not self.reviews.to_measure(seen.order)
        ]
        if free:
            await self._send([msgspec.structs.replace(order, local_path="") for order in free])
            self.reviews.wanted.difference_update(order.block_id for order in free)

    def _situation(self, stack_id: str) -> Situation:
        for seen in self._situations():
            if seen.order.stack_id == stack_id:
                return seen
        raise UsageError("there is no such stack any more", "its target was read again")

    async def _found(self, stack_id: str) -> tuple[Situation, LedgerEntry]:
        seen = self._situation(stack_id)
        entry = await self._journal.entry(seen.order)
        if not (entry.sha256 and entry.local_path):
            raise UsageError("this stack is not on this machine", "", "f fetches it")
        return seen, entry


def _facts(quality: Quality) -> str:
    """`4.8″ · F4 14,667 ADU² · sky uneven by 0.4% · 0.002% saturated`"""
    parts = (
        "" if quality.fwhm_arcsec is None else f"{quality.fwhm_arcsec:.1f}″",
        "" if quality.focus_f4 is None else f"F4 {quality.focus_f4:,.0f} ADU²",
        f"sky uneven by {quality.unevenness:.1%}",
        f"{quality.saturated:.3%} saturated",
    )
    return " · ".join(filter(None, parts))


def _sky(quality: Quality) -> str:
    """`sky R 1,020 ±9 · G 1,101 ±7 · B 980 ±8 ADU`"""
    told = [
        f"{each.colour} {each.level:,.0f} ±{each.noise:.0f}".strip() for each in quality.colours
    ]
    return f"sky {' · '.join(told)} ADU" if told else ""


def _step(job: AnyJob) -> Step:
    return Step(
        kind=job.kind,
        state=job.state,
        asked_at=job.asked_at,
        proved_at=job.proved_at,
        attempts=job.attempts,
        reason=clean(job.reason, 400),
        step=clean(job.step, 60),
    )
