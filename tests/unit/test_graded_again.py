"""A stack that was held as poor among few is graded again, and sent, when more is known."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from situations import a_situation
from test_grades import like

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import ReviewSettings
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.jobs.review import Review
from crowdsky_tui.night import wait_for_jobs as waiting
from crowdsky_tui.night.interfaces import NightParts
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.review.stack_review import StackReview
from crowdsky_tui.store.store import BlockState, JobState, Store

NOW = datetime(2026, 2, 28, 6, tzinfo=UTC)
SHARP, SOFT = like(fwhm_px=2.0), like(fwhm_px=4.1)


def order(number: int, night: int) -> Order:
    start = datetime(2026, 2, night, 20, tzinfo=UTC) + timedelta(minutes=15 * number)
    return Order(
        scope="S50", serial="a349", telescope="S50_a349", target="M 81", folder="M 81",
        sub_folder="M 81_sub", chunk=f"202602{night:02d}.{80 + number}", exposure="20.0s",
        filter="LP", start=start, end=start + timedelta(minutes=15), files=(),
        name=f"CrowdSky_{night}_{number}.fit",
    )  # fmt: skip


class NightOfStacks:
    """A night whose stacks have the widths that are given; `sent` are the orders let go."""

    def __init__(self, soft: int) -> None:
        self.soft = soft
        self.settings = Settings(review=ReviewSettings("hold_poor"))
        self.orders: list[Order] = []
        self.sent: list[Order] = []
        self.damaged = False
        self.jobs: list[Job] = []
        self.store = Store()
        self.clock = SimpleNamespace(now=lambda: NOW, steady=lambda: 0.0)
        self.journal: Any = self
        self.science: Any = self
        self.queue: Any = self
        self.review = StackReview(cast(NightParts, self), lambda: None)

    def unfinished(self, ids: Any = None) -> list[Job]:
        return self.jobs

    async def latest(self, ids: Any) -> list[Job]:
        return []

    async def entry(self, order: Order) -> LedgerEntry:
        return LedgerEntry(order, local_path=order.name, size=1, sha256=order.stack_id)

    async def quality(self, path: Any) -> Any:
        if self.damaged:
            raise FileDamaged("it cannot be measured")
        return SOFT if self.soft >= 0 and int(path.stem.split("_")[2]) >= self.soft else SHARP

    async def save_review(self, review: Review) -> Review:
        return review

    def situations(self) -> list[Situation]:
        return [
            a_situation(each, self.review.reviews.verdict(each).state, "", 40, 800.0,
                      under_way=each in self.sent)
            for each in self.orders
        ]  # fmt: skip

    async def upload_orders(self, orders: Any) -> Any:
        self.sent += orders

    async def fetched(self, order: Order) -> None:
        self.orders.append(order)
        self.review.reviews.wanted.add(order.block_id)
        job = Job(1, "fetch", "fetch", order, JobState.PROVED, NOW)
        self.review.after(job)
        for task in list(self.review._tasks):
            await task


async def test_what_was_poor_among_few_goes_when_more_of_its_kind_are_known() -> None:
    shop = NightOfStacks(soft=4)
    for number in range(4):
        await shop.fetched(order(number, 27))
    early = order(4, 27)
    await shop.fetched(early)
    assert early not in shop.sent  # beside four sharp ones it is poor
    verdict = shop.review.reviews.verdict(early)
    assert verdict.state is BlockState.HELD and "graded poor" in verdict.reason
    for number in range(5, 10):  # the seeing has changed: it was one of many
        await shop.fetched(order(number, 27))
    assert early in shop.sent
    assert len(shop.sent) == len(set(shop.sent)) == 10
    assert shop.review.reviews.wanted == set()


async def test_a_verb_waits_until_what_it_fetched_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waiting, "LOOK_EVERY_S", 0.001)
    shop = NightOfStacks(soft=-1)
    block = order(0, 27)
    shop.orders.append(block)
    assert shop.review.reviews.goal("stack", "confirm", block) == "fetch"
    shop.jobs = [Job(1, "stack", "fetch", block, JobState.RUNNING, NOW)]
    verb = asyncio.create_task(waiting.wait_for_jobs(cast(Any, shop), [block], 1800.0))
    for kind in ("stack", "fetch"):  # one ends before what comes of it is begun
        shop.jobs = []
        await asyncio.sleep(0.01)
        shop.review.after(Job(1, kind, "fetch", block, JobState.PROVED, NOW))
        assert not verb.done()
    async with asyncio.timeout(60):
        await verb
    assert shop.sent == [msgspec.structs.replace(block, local_path="")]


@pytest.mark.parametrize("kind", ["stack", "fetch"])
async def test_nothing_is_waited_for_that_will_not_be_looked_at(kind: str) -> None:
    shop = NightOfStacks(soft=-1)
    block = order(0, 27)
    assert shop.review.reviews.goal("stack", "confirm", block) == "fetch"
    shop.review.after(Job(1, kind, "fetch", block, JobState.FAILED, NOW))
    assert shop.review.reviews.to_look_at == set()


async def test_a_stack_that_cannot_be_measured_has_been_looked_at() -> None:
    shop = NightOfStacks(soft=-1)
    shop.damaged = True
    shop.review.reviews.goal("stack", "confirm", order(0, 27))
    await shop.fetched(order(0, 27))
    assert shop.review.reviews.to_look_at == set() and not shop.sent
