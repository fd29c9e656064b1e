"""What the review shows, takes back and lets go, by hand: no telescope, no file."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace
from situations import a_situation
from test_grades import like

from crowdsky_tui.base.errors import FileDamaged, UsageError
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import ReviewSettings
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.jobs.review import Mark, Review
from crowdsky_tui.night.interfaces import NightParts
from crowdsky_tui.photometry.measures import ColourBackground
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.review.stack_review import REVIEWED, StackReview
from crowdsky_tui.store.store import BlockState, JobState

NOW = datetime(2026, 2, 28, 6, tzinfo=UTC)


def order(number: int, **more: Any) -> Order:
    start = datetime(2026, 2, 27, 20, tzinfo=UTC) + timedelta(minutes=15 * number)
    plain: dict[str, Any] = {
        "scope": "S50", "serial": "a349", "telescope": "S50_a349", "target": "M 81",
        "folder": "M 81", "chunk": f"20260227.{80 + number}", "exposure": "20.0s", "filter": "LP",
        "start": start, "end": start + timedelta(minutes=15), "name": f"CrowdSky_{number}.fit",
    }  # fmt: skip
    return Order(**plain | more)


def seen(
    number: int, state: BlockState = BlockState.FETCHED, name: str | None = None, **more: Any
) -> Situation:
    one = order(number) if name is None else order(number, name=name)
    return a_situation(one, state, "", 40, 800.0, **more)


class NightInReview:
    """The parts of a night that the review asks; `done` is what was cancelled, queued and sent."""

    def __init__(self, *situations: Situation, mode: Any = "hold_poor", here: bool = True) -> None:
        self.settings = Settings(review=ReviewSettings(mode))
        self.clock = SimpleNamespace(now=lambda: NOW)
        self.journal: Any = self
        self.science: Any = self
        self.queue: Any = self
        self.seen = list(situations)
        self.here = here
        self.jobs: list[Job] = []
        self.done: list[tuple[str, Any]] = []
        self.changes = self.asked = 0
        self.damaged: set[str] = set()
        self.quality_told = like()
        self.review = StackReview(cast(NightParts, self), self._changed)

    def _changed(self) -> None:
        self.changes += 1

    def situations(self) -> list[Situation]:
        return self.seen

    async def entry(self, one: Order) -> LedgerEntry:
        return LedgerEntry(one, one.name, 1, one.stack_id) if self.here else LedgerEntry(one)

    async def ledger(self) -> list[LedgerEntry]:
        return [await self.entry(each.order) for each in self.seen]

    async def latest(self, ids: set[str]) -> list[Job]:
        return [job for job in self.jobs if not ids or job.payload.block_id in ids]

    async def preview(self, path: Any, width: int, height: int, **more: int) -> Any:
        return (path.name, width, height, more)

    async def quality(self, path: Any) -> Any:
        if path.name in self.damaged:
            raise FileDamaged("it is cut off")
        self.done.append(("measured", path.name))
        return self.quality_told

    async def save_review(self, review: Review) -> Review:
        return review

    def unfinished(self, ids: Any = None) -> list[Job]:
        return [job for job in self.jobs if job.payload.block_id in ids]

    async def cancel(self, job_id: int) -> None:
        self.done.append(("cancelled", job_id))

    async def add(self, kind: str, goal: str, one: Order) -> None:
        self.done.append((kind, goal))

    async def upload_orders(self, orders: Any) -> Any:
        self.asked += 1
        self.done += [("sent", each.name + each.local_path) for each in orders]
        return "an outcome"

    def job(self, number: int, kind: str, state: JobState = JobState.QUEUED) -> Job:
        job = Job(len(self.jobs) + 1, kind, "confirm", order(number), state, NOW)
        self.jobs.append(job)
        return job

    async def ended(self, job: Job) -> None:
        """Let the review hear of a job's end, and do what it does then."""
        self.review.after(job)
        for task in list(self.review._tasks):
            await task


def stack_id(number: int) -> str:
    return order(number).stack_id


# what it shows


@pytest.mark.parametrize("state", list(BlockState))
async def test_only_finished_stacks_that_can_be_looked_at_are_in_the_review(
    state: BlockState,
) -> None:
    night = NightInReview(seen(1, state), seen(2, state, name=""))
    items = await night.review.items()
    assert [item.stack_id for item in items] == ([stack_id(1)] if state in REVIEWED else [])


async def test_the_oldest_stack_is_first() -> None:
    night = NightInReview(seen(2), seen(1), seen(1, name="CrowdSky_0.fit"))
    names = [item.stack_id.rpartition("/")[2] for item in await night.review.items()]
    assert len(names) == 3 and names[2] == stack_id(2).rpartition("/")[2]
    assert [item.block.block_start for item in await night.review.items()] == [
        order(1).start, order(1).start, order(2).start,
    ]  # fmt: skip


@pytest.mark.parametrize("here", [True, False])
async def test_a_stack_is_fetched_only_with_a_file_and_its_hash(here: bool) -> None:
    night = NightInReview(seen(1), here=here)
    (item,) = await night.review.items()
    assert item.fetched is here and item.graded is None and item.facts == ""


@pytest.mark.parametrize(("path", "sha256"), [("path", ""), ("", "sha"), (None, None)])
async def test_half_of_that_is_not_enough_nor_is_nothing_at_all(
    path: str | None, sha256: str | None
) -> None:
    night = NightInReview(seen(1))
    half = [] if path is None else [LedgerEntry(order(1), path, 1, sha256 or "")]

    async def ledger() -> list[LedgerEntry]:
        return half

    async def entry(one: Order) -> LedgerEntry:
        return half[0] if half else LedgerEntry(one)

    night.ledger, night.entry = ledger, entry  # type: ignore[method-assign]
    assert not (await night.review.items())[0].fetched
    with pytest.raises(UsageError, match="not on this machine"):
        await night.review.measure(stack_id(1))


async def test_a_picture_is_drawn_of_the_file_as_it_is_asked_for() -> None:
    review: Any = NightInReview(seen(1)).review
    plain = {"stretch": 1, "zoom": 1}
    assert await review.preview(stack_id(1), 20, 10) == ("CrowdSky_1.fit", 20, 10, plain)
    drawn = await review.preview(stack_id(1), 20, 10, stretch=3, zoom=4)
    assert drawn[3] == {"stretch": 3, "zoom": 4}


@pytest.mark.parametrize(
    ("state", "waits"),
    [
        (BlockState.FETCHED, True), (BlockState.HELD, True), (BlockState.SENT, False),
        (BlockState.CONFIRMED, False), (BlockState.REJECTED, False), (BlockState.FAILED, True),
    ],
)  # fmt: skip
async def test_what_is_sent_or_rejected_waits_no_more(state: BlockState, waits: bool) -> None:
    (item,) = await NightInReview(seen(1, state)).review.items()
    assert item.waiting is waits


async def test_a_measured_stack_is_shown_with_its_grade_its_numbers_and_its_sky() -> None:
    night = NightInReview(seen(1), seen(2))
    sky = (ColourBackground("R", 1020.4, 9.0, ()), ColourBackground("", 980.0, 8.0, ()))
    night.quality_told = like(
        colours=sky, focus_f4=14_667.4, unevenness=0.004, saturated=0.00002, frames=38
    )
    item = await night.review.measure(stack_id(1))
    assert item.facts == "4.8″ · F4 14,667 ADU² · sky uneven by 0.4% · 0.002% saturated"
    assert item.sky == "sky R 1,020 ±9 · 980 ±8 ADU" and item.frames == 38
    assert item.graded is not None and len(item.numbers) == 7
    assert item.hints == ("2 of 40 sub-frames were not accepted",)
    assert night.changes == 1
    night.quality_told = like(fwhm_arcsec=None)
    item = await night.review.measure(stack_id(2))
    assert item.facts == "sky uneven by 1.0% · 0.000% saturated" and item.sky == ""


@pytest.mark.parametrize("ask", ["measure", "preview"])
async def test_only_what_lies_here_can_be_measured_or_drawn(ask: str) -> None:
    night = NightInReview(seen(1), here=False)
    size = (20, 20) if ask == "preview" else ()
    with pytest.raises(UsageError, match="not on this machine"):
        await getattr(night.review, ask)(stack_id(1), *size)
    with pytest.raises(UsageError, match="no such stack"):
        await getattr(night.review, ask)(stack_id(7), *size)


async def test_of_a_block_the_journal_tells_its_own_steps_and_no_others() -> None:
    night = NightInReview(seen(1), seen(2))
    job = night.job(1, "fetch", JobState.FAILED)
    night.jobs[0] = replace(job, reason="no\x1b room", step="download", attempts=3)
    night.job(2, "upload")
    (step,) = await night.review.steps(seen(1).order.block_key)
    assert (step.kind, step.state, step.attempts) == ("fetch", JobState.FAILED, 3)
    assert "\x1b" not in step.reason and step.step == "download"
    assert await night.review.steps(order(7).block_key) == ()


# what a person says


@pytest.mark.parametrize("state", [BlockState.SENT, BlockState.CONFIRMED])
async def test_of_what_was_sent_a_word_can_only_be_taken_back(state: BlockState) -> None:
    night = NightInReview(seen(1, state))
    for mark in (Mark.KEPT, Mark.HELD, Mark.REJECTED):
        with pytest.raises(UsageError, match="sent already"):
            await night.review.mark(stack_id(1), mark)
    assert await night.review.mark(stack_id(1), Mark.NONE) == "M 81 20:15 LP undecided again"


@pytest.mark.parametrize("mark", [Mark.HELD, Mark.REJECTED])
async def test_what_is_held_or_rejected_is_stopped_on_its_way_and_nothing_else_is(
    mark: Mark,
) -> None:
    night = NightInReview(seen(1), seen(2))
    for kind in ("stack", "fetch", "upload", "purge"):
        night.job(1, kind)
    night.job(2, "upload")
    night.job(1, "fetch", JobState.RUNNING)
    assert await night.review.mark(stack_id(1), mark) == f"M 81 20:15 LP {mark.value}"
    assert night.done == [("cancelled", 2), ("cancelled", 3), ("cancelled", 6)]
    assert night.review.reviews.of(order(1)).mark is mark and night.changes == 1


@pytest.mark.parametrize("mark", [Mark.HELD, Mark.REJECTED])
async def test_what_is_being_sent_at_this_moment_is_never_marked_as_held(mark: Mark) -> None:
    night = NightInReview(seen(1))
    night.job(1, "upload", JobState.RUNNING)
    with pytest.raises(UsageError, match="being sent"):
        await night.review.mark(stack_id(1), mark)
    assert night.done == [] and night.review.reviews.of(order(1)).mark is Mark.NONE


@pytest.mark.parametrize("mark", [Mark.KEPT, Mark.NONE])
async def test_what_is_kept_or_undecided_again_is_never_stopped(mark: Mark) -> None:
    night = NightInReview(seen(1))
    night.job(1, "upload", JobState.RUNNING)
    night.job(1, "fetch")
    await night.review.mark(stack_id(1), mark)
    assert night.done == []


async def test_only_what_a_person_kept_is_sent_at_once_and_never_what_is_under_way() -> None:
    night = NightInReview(seen(1), seen(2), seen(3), seen(4, under_way=True), seen(5))
    for number, mark in ((1, Mark.KEPT), (2, Mark.HELD), (4, Mark.KEPT), (5, Mark.REJECTED)):
        await night.review.mark(stack_id(number), mark)
    night.done.clear()
    outcome: Any = await night.review.send_kept()
    assert outcome == "an outcome"
    assert night.done == [("sent", "CrowdSky_1.fit")]


async def test_what_is_fetched_for_a_look_goes_no_farther() -> None:
    night = NightInReview(seen(1, BlockState.STACKED))
    assert await night.review.fetch(stack_id(1)) == "Fetching CrowdSky_1.fit from S50"
    assert night.done == [("fetch", "fetch")] and night.changes == 1


# what the rule lets go


async def test_only_what_was_wanted_is_looked_at_when_it_has_come_and_only_if_it_came() -> None:
    night = NightInReview(seen(1, BlockState.HELD), mode="all")
    await night.ended(night.job(1, "fetch", JobState.PROVED))
    assert night.done == []
    night.review.reviews.wanted.add(order(1).block_id)
    await night.ended(night.job(1, "fetch", JobState.FAILED))
    await night.ended(night.job(1, "stack", JobState.PROVED))
    assert night.done == []
    await night.ended(night.job(1, "fetch", JobState.PROVED))
    assert night.done == [("measured", "CrowdSky_1.fit")]  # "all" waits for a person's word
    assert night.review.reviews.wanted == {order(1).block_id}


async def test_what_is_good_enough_is_sent_once_and_wanted_no_more() -> None:
    night = NightInReview(seen(1, BlockState.HELD))
    night.review.reviews.wanted.add(order(1).block_id)
    job = night.job(1, "fetch", JobState.PROVED)
    here = replace(job.payload, local_path="/here")  # which a scope's stack is not sent by
    await night.ended(replace(job, payload=here))
    assert night.asked == 1 and night.changes == 2  # before the others are looked through, too
    assert night.done == [("measured", "CrowdSky_1.fit"), ("sent", "CrowdSky_1.fit")]
    assert night.review.reviews.wanted == set()


async def test_what_cannot_be_measured_stays_held_and_the_review_says_so() -> None:
    night = NightInReview(seen(1, BlockState.HELD))
    night.damaged.add("CrowdSky_1.fit")
    night.review.reviews.wanted.add(order(1).block_id)
    await night.ended(night.job(1, "fetch", JobState.PROVED))
    assert night.done == [] and night.changes == 1
    assert night.review.reviews.wanted == {order(1).block_id}


async def test_nothing_that_waits_goes_with_another_against_a_word_or_unmeasured() -> None:
    night = NightInReview(*(seen(number) for number in range(1, 6)), seen(6, under_way=True))
    for number in (2, 4, 6):
        await night.review.measure(stack_id(number))
    await night.review.mark(stack_id(4), Mark.HELD)
    for number in (2, 3, 4, 6):  # 5 was not asked for
        night.review.reviews.wanted.add(order(number).block_id)
    night.done.clear()
    night.review.reviews.wanted.add(order(1).block_id)
    await night.ended(night.job(1, "fetch", JobState.PROVED))
    sent = [what for kind, what in night.done if kind == "sent"]
    assert sent == ["CrowdSky_1.fit", "CrowdSky_2.fit"] and night.asked == 2
    assert night.review.reviews.wanted == {order(number).block_id for number in (3, 4, 6)}


async def test_only_held_stacks_that_the_rule_must_look_at_are_measured_afterwards() -> None:
    night = NightInReview(
        seen(1, BlockState.HELD), seen(2), seen(3, BlockState.HELD), seen(4, BlockState.HELD)
    )
    await night.review.mark(stack_id(3), Mark.HELD)
    night.damaged.add("CrowdSky_1.fit")
    night.changes = 0
    await night.review.measure_left()
    assert night.done == [("measured", "CrowdSky_4.fit")] and night.changes == 2


async def test_a_review_that_closes_leaves_nothing_running() -> None:
    night = NightInReview(seen(1, BlockState.HELD))
    never = asyncio.Event()

    async def quality(path: Any) -> Any:
        await never.wait()

    night.quality = quality  # type: ignore[method-assign]
    night.review.reviews.wanted.add(order(1).block_id)
    night.review.after(night.job(1, "fetch", JobState.PROVED))
    (task,) = night.review._tasks
    await night.review.close()
    assert task.done()
