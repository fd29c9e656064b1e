"""The automatic night's switch, what it asks for, what it tells, and when its report is due."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from situations import a_situation
from test_automatic import order
from test_automatic_rounds import NIGHT, automatic_of, by_hand, lines

from crowdsky_tui.night.automatic import runner
from crowdsky_tui.night.automatic.runner import Automatic
from crowdsky_tui.store.store import BlockState, ScopeState, ScopeView, ServerState

NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)


class Undecided:
    """What lies undecided in the review: the stacks of these numbers wait."""

    def __init__(self, *waiting: int) -> None:
        self.waiting = {order(number).stack_id for number in waiting}
        self.seen: list[Any] = []
        self.forgot = 0

    async def forget(self) -> None:
        self.forgot += 1

    async def note(self) -> None:
        """Nothing is new."""

    def lying(self) -> list[Any]:
        return [one for one in self.seen if self.waits(one)]

    def waits(self, seen: Any) -> bool:
        return seen.order.stack_id in self.waiting

    def noted(self, _seen: Any) -> bool:
        return True


def night_with(*seen: Any, waiting: tuple[int, ...] = ()) -> tuple[Any, Automatic]:
    night = by_hand("a")
    night.situations = lambda: list(seen)
    night.sent = []

    async def upload_orders(orders: list[Any]) -> None:
        night.sent += [one.name for one in orders]

    async def measure_left() -> None:
        night.sent.append("measured")

    night.upload_orders = upload_orders
    reviews = SimpleNamespace(to_look_at=set())
    night.review = SimpleNamespace(measure_left=measure_left, reviews=reviews)
    automatic = automatic_of(night)
    night.settings = SimpleNamespace(
        server=SimpleNamespace(username="alice"),
        automatic=SimpleNamespace(enabled=True, when="idle"),
        read_only=False,
    )
    undecided: Any = Undecided(*waiting)
    undecided.seen = list(seen)
    automatic.undecided = undecided
    return night, automatic


def stacked(number: int, state: BlockState = BlockState.STACKED, **more: Any) -> Any:
    return a_situation(order(number), state, **more)


# what it asks for


async def test_what_waits_in_the_review_or_for_nothing_is_never_sent_by_itself() -> None:
    night, automatic = night_with(
        stacked(1), stacked(2), stacked(3, BlockState.CONFIRMED), waiting=(2,)
    )
    await automatic._ask()
    assert night.sent == ["measured", "CrowdSky_1.fit"]
    assert [goal for goal, _ in night.asked] == ["confirm"]


@pytest.mark.parametrize(("name", "refused"), [("", False), ("alice", True)])
async def test_without_a_usable_account_it_stacks_and_fetches_and_sends_nothing(
    name: str, refused: bool
) -> None:
    night, automatic = night_with(stacked(1))
    night.settings.server.username = name
    night.listing.state = ServerState.REFUSED if refused else ServerState.OK
    await automatic._ask()
    assert night.sent == [] and [goal for goal, _ in night.asked] == ["fetch"]


async def test_a_read_only_run_asks_for_no_stack_and_sends_what_is_stacked() -> None:
    night, automatic = night_with(stacked(1))
    night.settings.read_only = True
    await automatic._ask()
    assert night.asked == [] and night.sent == ["measured", "CrowdSky_1.fit"]


async def test_what_failed_in_sending_rests_too() -> None:
    night, automatic = night_with(stacked(1, BlockState.FAILED), stacked(2))
    await automatic._ask()
    assert night.sent == ["measured", "CrowdSky_2.fit"]
    night.clock.moment = NIGHT + timedelta(hours=1)
    await automatic._ask()
    assert night.sent[2:] == ["measured", "CrowdSky_1.fit", "CrowdSky_2.fit"]


async def test_a_telescope_that_comes_back_begins_the_ten_minutes_anew() -> None:
    night, automatic = night_with()

    def look(minute: int, state: ScopeState) -> None:
        night.store.set_scope(ScopeView("a", state=state, reason="away"))
        night.clock.moment = NIGHT + timedelta(minutes=minute)
        automatic._look_for_somebody()

    told: list[str] = []
    automatic._notice_watch.nobody = told.append  # type: ignore[method-assign, assignment]
    for minute, state in ((0, "OFF"), (9, "READY"), (10, "OFF"), (18, "OFF")):
        look(minute, ScopeState[state])
    assert told == []
    look(19, ScopeState.OFF)  # ten minutes after it was seen last
    assert len(told) == 1 and "away" in told[0]
    look(20, ScopeState.READY)
    look(30, ScopeState.OFF)
    assert len(lines(night)) == 2  # it is told once for each time


# its switch


async def test_a_person_who_switches_it_on_leaves_what_lies_undecided_waiting() -> None:
    night, automatic = night_with()
    undecided: Any = automatic.undecided
    assert not automatic.on
    assert "is on" in await automatic.switch(on=True)
    assert automatic.on and undecided.forgot == 1 and night.store.automatic == "on"
    assert "already" in await automatic.switch(on=True)
    assert "off" in await automatic.switch(on=False)
    assert not automatic.on and night.store.automatic == "off"
    assert "already" in await automatic.switch(on=False)
    await automatic.close()


@pytest.mark.parametrize("wanted", [True, False])
async def test_by_itself_it_begins_only_if_the_settings_say_so_and_once(wanted: bool) -> None:
    night, automatic = night_with()
    night.settings.automatic.enabled = wanted
    automatic.begin_if_wanted()
    task = automatic._task
    automatic.begin_if_wanted()
    assert automatic.on is wanted and automatic._task is task
    assert automatic.undecided.forgot == 0  # type: ignore[attr-defined]
    await automatic.close()
    assert not automatic.on


# what it tells


async def test_its_plan_counts_what_it_would_begin_with() -> None:
    ready = a_situation(order_without_stack(7), BlockState.READY)
    _, automatic = night_with(
        ready, stacked(1), stacked(2), stacked(3, BlockState.CONFIRMED), waiting=(2,)
    )
    plan = await automatic.plan()
    assert (plan.ready, plan.decided, plan.undecided_count) == (1, 1, 1)
    assert plan.undecided == ("S50 M 81: 1",)


def order_without_stack(number: int) -> Any:
    return msgspec.structs.replace(order(number), name="", files=("a.fit",))


async def test_what_it_did_is_counted_from_the_moment_on() -> None:
    night, automatic = night_with(stacked(1), stacked(2), waiting=(2,))
    jobs = [
        SimpleNamespace(kind="stack", proved_at=NIGHT - timedelta(seconds=1)),
        SimpleNamespace(kind="stack", proved_at=NIGHT),
        SimpleNamespace(kind="confirm", proved_at=NIGHT + timedelta(hours=1)),
        SimpleNamespace(kind="confirm", proved_at=None),
    ]
    failed: list[Any] = [1, 2]

    async def latest() -> list[Any]:
        return jobs

    async def all_failed() -> list[Any]:
        return failed

    night.journal = SimpleNamespace(latest=latest, failed=all_failed)
    said = await automatic.done_since(NIGHT)
    assert said.startswith("1 ") and "2 failed so far, 1 undecided in the review" in said
    assert said.count("1 ") == 3
    jobs.clear()
    failed.clear()
    automatic.undecided.waiting.clear()  # type: ignore[attr-defined]
    assert await automatic.done_since(NIGHT) == "nothing to do"


# its report


class Due:
    """A night whose report may be due: writes down whether it was written."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, *seen: Any) -> None:
        self.night, self.automatic = night_with(*seen)
        self.night.settings.state_dir = folder
        self.night.settings.notices = SimpleNamespace(page=False)
        self.night.queue = SimpleNamespace(unfinished=tuple)
        service = SimpleNamespace(state=ScopeState.READY)
        self.watch = SimpleNamespace(targets={"M 81": 1}, service=service)
        self.night.watches = {"a": self.watch}
        self.written: list[Any] = []

        async def gather(_night: Any, of: Any) -> Any:
            return SimpleNamespace(verdict="well", of=of)

        async def save(report: Any, _folder: Path) -> None:
            self.written.append(report)

        monkeypatch.setattr(runner, "gather_report", gather)
        monkeypatch.setattr(runner, "save_report", save)
        self.told: list[Any] = []
        told = lambda *each: self.told.append(each)  # noqa: E731 - in a method's place
        self.automatic._notice_watch.report_ready = told  # type: ignore[method-assign]

    async def at(self, local: datetime, *, light: bool) -> bool:
        before = len(self.written)
        await self.automatic._report_when_due(local, light=light)
        return len(self.written) > before


async def test_the_report_is_written_when_all_is_done_after_dawn_or_at_noon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = Due(tmp_path, monkeypatch, stacked(1, BlockState.CONFIRMED))
    assert not await done.at(NOON - timedelta(hours=6), light=False)
    assert await done.at(NOON - timedelta(hours=5), light=True)
    left = Due(tmp_path, monkeypatch, stacked(1))
    assert not await left.at(NOON - timedelta(minutes=1), light=True)
    assert await left.at(NOON, light=True)
    left.automatic._begun_at = monotonic()  # the telescopes get a minute to answer
    assert not await left.at(NOON, light=True)
    assert "report: well" in lines(left.night)[-1]


async def test_a_report_that_was_written_is_never_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = Due(tmp_path, monkeypatch)
    (tmp_path / "report-2026-02-27.txt").write_text("there")
    assert not await due.at(NOON - timedelta(hours=1), light=True)
    assert not await due.at(NOON + timedelta(hours=1), light=True)


@pytest.mark.parametrize(
    ("state", "done"),
    [
        (BlockState.CONFIRMED, True),
        (BlockState.HELD, True),
        (BlockState.STACKED, False),
        (BlockState.RECORDING, False),
    ],
)
async def test_all_is_done_only_if_nothing_is_to_be_sent_or_still_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: BlockState, done: bool
) -> None:
    assert Due(tmp_path, monkeypatch, stacked(1, state)).automatic._is_done() is done


@pytest.mark.parametrize(("state", "done"), [(BlockState.READY, False), (BlockState.FAILED, True)])
async def test_a_block_that_failed_holds_no_report_up_and_one_that_is_ready_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: BlockState, done: bool
) -> None:
    block = a_situation(order_without_stack(1), state)
    assert Due(tmp_path, monkeypatch, block).automatic._is_done() is done


async def test_nothing_is_done_until_what_was_fetched_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = stacked(1, BlockState.HELD)
    due = Due(tmp_path, monkeypatch, held)
    due.night.review.reviews.to_look_at.add(held.order.block_id)
    assert not await due.at(NOON - timedelta(hours=5), light=True)
    due.night.review.reviews.to_look_at.clear()
    assert await due.at(NOON - timedelta(hours=5), light=True)


async def test_nothing_is_done_while_jobs_are_open_or_a_telescope_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = Due(tmp_path, monkeypatch)
    night = due.night
    assert due.automatic._is_done()
    night.queue.unfinished = lambda: [SimpleNamespace(payload=order_without_stack(1))]
    assert not due.automatic._is_done()
    night.queue.unfinished = lambda: [SimpleNamespace(payload=None)]  # of no telescope's stack
    assert due.automatic._is_done()
    night.queue.unfinished = tuple
    due.watch.targets = {}
    assert not due.automatic._is_done()
    due.watch.service.state = ScopeState.OFF  # what is away holds nobody up
    assert due.automatic._is_done()
    night.store.set_scope(ScopeView("b", state=ScopeState.CONNECTING))
    assert not due.automatic._is_done()
    night.store.set_scope(ScopeView("b", state=ScopeState.READY, observing=True))
    assert not due.automatic._is_done()
    for name in ("a", "b"):
        night.store.set_scope(ScopeView(name, state=ScopeState.OFF))
    assert not due.automatic._is_done()


@pytest.mark.parametrize("fails", [False, True])
async def test_a_page_goes_along_where_it_is_wanted_and_its_trouble_keeps_nothing_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    from crowdsky_tui.report import gather_page

    async def gather(_night: Any, _report: Any) -> str:
        if fails:
            raise RuntimeError("no picture")
        return "page"

    monkeypatch.setattr(gather_page, "gather_page", gather)
    done = Due(tmp_path, monkeypatch, stacked(1, BlockState.CONFIRMED))
    done.night.settings.notices.page = True
    assert await done.at(NOON - timedelta(hours=4), light=True)
    ((_, page),) = done.told
    assert page.suffix == ".html" and page.is_file() is not fails
