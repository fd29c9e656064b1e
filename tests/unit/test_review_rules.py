"""What may leave this machine by itself, and beside what a stack is graded: each rule by name."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace
from test_graded_again import NOW, SHARP, SOFT, order

from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import ReviewSettings
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.review import Mark, Review
from crowdsky_tui.review.grades import FEWEST
from crowdsky_tui.review.reviews import Reviews
from crowdsky_tui.store.store import BlockState

ONE = order(1, 20)


class Parts:
    """Reviews in memory; `measured` are the files that were looked at."""

    def __init__(self, mode: Any = "hold_poor") -> None:
        self.measured: list[str] = []
        self.saved: list[Review] = []
        at_hand: Any = self
        settings = Settings(review=ReviewSettings(mode))
        self.reviews = Reviews(at_hand, at_hand, at_hand, lambda: settings)

    def now(self) -> Any:
        return NOW

    async def quality(self, path: Path) -> Any:
        self.measured.append(path.name)
        return SHARP

    async def save_review(self, review: Review) -> Review:
        self.saved.append(review)
        return review


@pytest.mark.parametrize(
    ("mark", "state", "by_hand"),
    [
        (Mark.REJECTED, BlockState.REJECTED, True),
        (Mark.HELD, BlockState.HELD, True),
        (Mark.KEPT, BlockState.FETCHED, False),
    ],
)
@pytest.mark.parametrize("mode", ["off", "all", "hold_poor"])
async def test_a_persons_word_counts_before_every_rule(
    mode: str, mark: Mark, state: BlockState, by_hand: bool
) -> None:
    parts = Parts(mode)
    review = await parts.reviews.mark(ONE, mark)
    assert (review.mark, review.marked_at) == (mark, NOW) and parts.saved == [review]
    found = parts.reviews.verdict(ONE)
    assert (found.state, found.by_hand) == (state, by_hand)
    assert not parts.reviews.to_measure(ONE)


def test_without_a_persons_word_the_rule_of_the_settings_says_what_may_leave() -> None:
    assert Parts("off").reviews.verdict(ONE).state is BlockState.FETCHED
    assert Parts("all").reviews.verdict(ONE).state is BlockState.HELD
    assert Parts("hold_poor").reviews.to_measure(ONE)
    for mode in ("off", "all"):
        assert not Parts(mode).reviews.to_measure(ONE)


@pytest.mark.parametrize(
    ("kind", "goal", "resend", "becomes"),
    [
        ("stack", "confirm", False, "fetch"),
        ("fetch", "confirm", False, "fetch"),
        ("fetch", "upload", False, "fetch"),
        ("fetch", "fetch", False, "fetch"),
        ("stack", "stack", False, "stack"),
        ("fetch", "confirm", True, "confirm"),  # the user's word to send it
        ("upload", "confirm", False, "confirm"),
        ("raw", "confirm", False, "confirm"),
        ("confirm", "confirm", False, "confirm"),
    ],
)
def test_what_must_be_looked_at_is_fetched_and_goes_no_farther(
    kind: str, goal: str, resend: bool, becomes: str
) -> None:
    asked = replace(ONE, resend=resend)
    held = Parts("all").reviews
    assert held.goal(kind, goal, asked) == becomes
    assert held.wanted == ({ONE.block_id} if goal != becomes else set())
    free = Parts("off").reviews
    assert free.goal(kind, goal, asked) == goal and free.wanted == set()


def test_what_could_not_be_asked_for_is_not_waited_for() -> None:
    """A stack that nobody fetches never comes to be looked at: the wait for it would not end."""
    held = Parts("all").reviews
    with pytest.raises(RuntimeError), held.asking("stack", "confirm", ONE):
        raise RuntimeError("the journal's disk is full")
    assert held.wanted == held.to_look_at == set()
    with held.asking("stack", "confirm", ONE) as far:
        assert far == "fetch" and held.to_look_at == {ONE.block_id}
    with pytest.raises(RuntimeError), held.asking("stack", "confirm", ONE):
        raise RuntimeError("asked for a second time")
    assert held.to_look_at == {ONE.block_id}, "the first one is still on its way"


async def test_only_a_file_that_was_not_measured_before_is_measured() -> None:
    parts = Parts()
    told: list[Order] = []
    parts.reviews.on_measured = lambda order, _quality: told.append(order)
    entry = LedgerEntry(ONE, local_path="/x.fit", sha256="a")
    first = await parts.reviews.measure(entry)
    assert (first.sha256, first.quality) == ("a", SHARP)
    assert await parts.reviews.measure(entry) is first
    await parts.reviews.measure(replace(entry, sha256="b"))  # another file of that name
    assert parts.measured == ["x.fit"] * 2 and told == [ONE] * 2


async def of_others(*others: Order) -> Reviews:
    """Reviews of these stacks, all of them measured, and of one that is not."""
    parts = Parts()
    for number, other in enumerate(others):
        entry = LedgerEntry(other, local_path=f"/{number}.fit", sha256=str(number))
        await parts.reviews.measure(entry)
    await parts.reviews.mark(order(90, 20), Mark.HELD)
    return parts.reviews


async def test_a_stack_is_compared_with_its_night_if_that_is_enough_and_never_with_itself() -> None:
    tonight = [order(number, 20) for number in range(2, 2 + FEWEST)]
    before = [order(number, 19) for number in range(3)]
    reviews = await of_others(ONE, *tonight, *before)
    assert len(reviews.same(ONE)) == FEWEST
    fewer = await of_others(ONE, *tonight[1:], *before)
    assert len(fewer.same(ONE)) == FEWEST - 1 + len(before)


@pytest.mark.parametrize(
    "other",
    [
        {"serial": "b111"},
        {"serial": "", "telescope": "S30_c222"},
        {"target": "M 82"},
        {"filter": "IRCUT"},
        {"exposure": "10.0s"},
    ],
)
async def test_only_stacks_of_the_same_kind_are_compared(other: dict[str, str]) -> None:
    reviews = await of_others(replace(order(2, 20), **other))
    assert reviews.same(ONE) == []


async def test_a_grade_is_made_anew_when_more_is_known() -> None:
    reviews = await of_others(ONE)
    assert reviews.graded(order(5, 20)) is None  # nobody has measured it
    before = reviews.graded(ONE)
    assert before is not None and reviews.graded(ONE) is before
    await reviews.measure(LedgerEntry(order(2, 20), local_path="/2.fit", sha256="2"))
    after = reviews.graded(ONE)
    assert after is not None and after.reasons != before.reasons


async def test_of_another_night_or_telescope_not_even_the_shape_is_compared() -> None:
    def others(**changes: Any) -> list[Order]:
        return [
            replace(order(number, 20), target="M 82", **changes) for number in range(2, 2 + FEWEST)
        ]

    async def grade(*orders: Order) -> str:
        parts = Parts()
        for number, other in enumerate(orders):
            await parts.reviews.measure(
                LedgerEntry(other, local_path=f"/{number}.fit", sha256=str(number))
            )
        await parts.reviews._save(Review(ONE, quality=SOFT, sha256="soft"))
        found = parts.reviews.graded(ONE)
        assert found is not None
        return str(found.grade)

    day = timedelta(days=1)
    earlier = [replace(one, start=one.start - day, end=one.end - day) for one in others()]
    beside = await grade(*others())
    assert beside != await grade()
    assert await grade(*earlier) == await grade(*others(serial="b111")) == await grade()


async def test_where_no_serial_is_known_the_telescopes_name_tells_it_from_others() -> None:
    nameless = [replace(order(number, 20), serial="") for number in (2, 3)]
    other = replace(order(4, 20), serial="", telescope="S30_c222")
    reviews = await of_others(*nameless, other)
    assert len(reviews.same(nameless[0])) == 1


async def test_what_an_earlier_run_knew_is_known() -> None:
    parts = Parts()

    async def known() -> list[Review]:
        return [Review(ONE, Mark.HELD)]

    parts.reviews._journal = SimpleNamespace(reviews=known)  # type: ignore[assignment]
    assert parts.reviews.of(ONE) == Review(ONE)
    await parts.reviews.load()
    assert parts.reviews.of(ONE).mark is Mark.HELD
