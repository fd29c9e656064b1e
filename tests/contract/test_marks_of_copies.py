"""The marks of two copies: stale by our own watch only, for sub-frames too, and never left."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from raw_kit import client_of, standin_at, until
from raw_night import DEADLINE, RawNight

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import ServerError
from crowdsky_tui.compute.client import Science
from crowdsky_tui.instruments.seestar.files.access import files_in_folder
from crowdsky_tui.instruments.seestar.files.marks import FOLDER, Copy, ScopeMarks
from crowdsky_tui.jobs import handover
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.engine.queue import Later
from crowdsky_tui.jobs.handover import Handover, mark_beside
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.ledger_doubt import never_accepted
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.scopes import Scopes
from crowdsky_tui.store.store import ScopeState

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHA = "ab" * 32


class SetClock(Clock):
    """A clock whose wall and steady hands are set by the test."""

    def __init__(self, wall: datetime = NOON) -> None:
        super().__init__()
        self.wall, self.seconds = wall, 1000.0

    def now(self) -> datetime:
        return self.wall

    def steady(self) -> float:
        return self.seconds

    def watch(self, span: timedelta) -> None:
        self.wall += span
        self.seconds += span.total_seconds()


@dataclass
class OneCopy:
    """One copy of the program with the telescope's share; `away` puts that out of its reach."""

    name: str
    share: Path
    here: Path
    clock: SetClock = field(default_factory=SetClock)
    away: bool = False

    def __post_init__(self) -> None:
        who = Copy(self.name, "pi", self.name)
        files = files_in_folder(self.share, "127.0.0.1", 1)
        self.marks = ScopeMarks("s50", files, self.clock, who)
        self.here.mkdir(parents=True, exist_ok=True)
        self.begin_anew()

    def begin_anew(self) -> None:
        """As after a restart: nothing is remembered but what lies on disks."""
        who = self.marks.copy
        self.marks = ScopeMarks("s50", self.marks._files, self.clock, who)
        self.handover = Handover(cast(Scopes, self), who, self.clock, DEADLINE, self.here)

    def marks_of(self, _order: Order) -> ScopeMarks | None:
        return None if self.away else self.marks

    def entry(self) -> LedgerEntry:
        stack = self.here / "CrowdSky_1.fit"
        order = Order(
            "s50", "8a95", "S50_8a95", "M 81", "M 81", "20260227.91", "20.0s", "LP", NOON, NOON,
            name=stack.name,
        )  # fmt: skip
        return LedgerEntry(order, local_path=str(stack), sha256=SHA)

    async def may_send(self) -> bool:
        try:
            return not (await self.handover.learn(self.entry())).upload
        except Later:
            return False


@pytest.fixture
def pair(tmp_path: Path) -> tuple[OneCopy, OneCopy]:
    (tmp_path / "share" / "MyWorks").mkdir(parents=True)
    return (
        OneCopy("alice", tmp_path / "share", tmp_path / "a"),
        OneCopy("bob", tmp_path / "share", tmp_path / "b"),
    )


@pytest.mark.parametrize("days", [-400, -1, 1, 2, 400])
async def test_a_mark_is_never_stale_by_another_machines_clock(
    pair: tuple[OneCopy, OneCopy], days: int
) -> None:
    alice, bob = pair
    bob.clock.wall += timedelta(days=days)
    assert await alice.may_send()
    for _ in range(30):
        assert not await bob.may_send()
        bob.clock.watch(timedelta(hours=1))
        alice.clock.watch(timedelta(hours=1))
        assert await alice.may_send(), "she is still at it"


async def test_only_a_mark_seen_unchanged_for_the_deadline_is_taken_over(
    pair: tuple[OneCopy, OneCopy],
) -> None:
    alice, bob = pair
    assert await alice.may_send()
    assert not await bob.may_send()
    bob.clock.wall += timedelta(days=300)  # the wall's clock is set: nothing has passed
    assert not await bob.may_send()
    bob.clock.watch(DEADLINE - timedelta(minutes=1))
    assert not await bob.may_send()
    bob.clock.watch(timedelta(minutes=1))
    assert await bob.may_send()
    assert not await alice.may_send()


async def test_a_mark_that_goes_stale_while_it_is_looked_at_is_taken_over_at_the_next_look(
    pair: tuple[OneCopy, OneCopy], monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = pair
    assert await alice.may_send()
    assert not await bob.may_send()
    bob.clock.watch(DEADLINE - timedelta(minutes=1))
    write = handover._write

    def slow(path: Path, content: bytes) -> None:
        bob.clock.watch(timedelta(minutes=2))
        write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(handover, "_write", slow)
        assert not await bob.may_send()  # and no word that the telescope was out of reach
    assert await bob.may_send()


async def test_a_stale_mark_that_another_copy_takes_over_first_is_waited_for(
    pair: tuple[OneCopy, OneCopy], monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = pair
    assert await alice.may_send()
    assert not await bob.may_send()
    bob.clock.watch(DEADLINE + timedelta(minutes=1))

    async def carol_was_first(_name: str, _content: bytes) -> bool:
        return False

    with monkeypatch.context() as patch:
        patch.setattr(bob.marks, "_take_away", carol_was_first)
        assert not await bob.may_send()
    assert await bob.may_send()


async def test_what_an_earlier_run_has_watched_counts_in_the_same_run_of_the_machine(
    pair: tuple[OneCopy, OneCopy], monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = pair
    assert await alice.may_send()
    for _ in range(3):
        assert not await bob.may_send()
        bob.begin_anew()
        bob.clock.watch(DEADLINE / 3)
    with monkeypatch.context() as restarted:
        restarted.setattr("crowdsky_tui.jobs.handover.BOOT", "another run of the machine")
        assert not await OneCopy("carol", bob.share, bob.here, bob.clock).may_send()
    bob.begin_anew()
    assert not await bob.may_send(), "a machine that was started anew has watched nothing yet"
    bob.clock.watch(DEADLINE)
    bob.begin_anew()
    assert await bob.may_send()


@pytest.mark.parametrize("state", ["doubt", "sent"])
async def test_what_may_have_been_handed_over_is_never_taken_over(
    pair: tuple[OneCopy, OneCopy], state: str
) -> None:
    alice, bob = pair
    assert await alice.may_send()
    step = alice.handover.before_last_byte if state == "doubt" else alice.handover.accepted
    await step(alice.entry())
    for _ in range(5):
        try:
            assert not await bob.may_send()
        except ServerError as error:
            assert state == "doubt" and "--no-skip-existing" in str(error)
        bob.clock.watch(DEADLINE)


@pytest.mark.parametrize("days", [-400, -1, 1])
async def test_the_time_in_a_mark_never_proves_that_it_was_not_accepted(
    pair: tuple[OneCopy, OneCopy], days: int
) -> None:
    alice, _ = pair
    assert await alice.may_send()
    await alice.handover.before_last_byte(alice.entry())
    set_clock = alice.clock.wall + timedelta(days=days)
    others = [
        LedgerEntry(
            alice.entry().order,
            upload=Delivery.SENT,
            server_job=number,
            sent_at=when,
            accepted_at=when + timedelta(seconds=5),
        )
        for number, when in ((7, NOON - timedelta(hours=1)), (8, NOON + timedelta(hours=1)))
    ]
    alice.clock.wall = set_clock
    alice.begin_anew()
    told = await alice.handover.learn(alice.entry())
    assert told.upload == "doubt" and told.sent_at is not None
    assert not never_accepted(told.sent_at, others, told.job_before, told)


async def test_a_mark_out_of_reach_is_left_to_the_user_and_never_taken_over(
    pair: tuple[OneCopy, OneCopy],
) -> None:
    alice, bob = pair
    assert await alice.may_send()
    assert not await bob.may_send()
    bob.away = True
    assert not await bob.may_send()
    bob.clock.watch(DEADLINE)
    with pytest.raises(ServerError, match="not in reach"):
        await bob.may_send()


async def test_a_mark_that_stayed_goes_at_the_next_chance_and_never_anothers(
    pair: tuple[OneCopy, OneCopy], tmp_path: Path
) -> None:
    alice, bob = pair
    assert await alice.may_send()
    entry = msgspec.structs.replace(alice.entry(), upload="confirmed")
    alice.away = True
    await alice.handover.listed(entry)
    alice.away = False
    mark = alice.share / FOLDER / f"{SHA}.json"
    assert mark.exists() and not mark_beside(Path(entry.local_path)).exists()
    journal = Journal(tmp_path / "state")
    await journal.open("test")
    try:
        await alice.handover.drop_needless(alice.marks, journal)
        assert mark.exists(), "the ledger does not say that it is listed"
        await journal.save_entry(entry)
        await bob.handover.drop_needless(bob.marks, journal)
        assert mark.exists(), "it is not bob's"
        await bob.handover.listed(bob.entry())
        assert mark.exists(), "it is not bob's"
        await journal.save_entry(msgspec.structs.replace(entry, upload="sent"))
        await alice.handover.drop_needless(alice.marks, journal)
        assert mark.exists(), "it is on its way"
        await journal.save_entry(entry)
        await alice.handover.drop_needless(alice.marks, journal)
        assert not mark.exists()
    finally:
        await journal.close()


async def test_the_marks_of_telescopes_in_reach_are_looked_at_in_the_background(
    pair: tuple[OneCopy, OneCopy], tmp_path: Path
) -> None:
    from crowdsky_tui.night.background.needless_marks import NeedlessMarks

    alice, _ = pair
    assert await alice.may_send()
    journal = Journal(tmp_path / "state")
    await journal.open("test")
    await journal.save_entry(msgspec.structs.replace(alice.entry(), upload="confirmed"))
    service: Any = type("Service", (), {"state": ScopeState.OFF, "serial": "8a95"})()
    service.marks = alice.marks
    watch: Any = type("Watch", (), {"service": service})()
    look = NeedlessMarks({"s50": watch}, journal, alice.handover, alice.clock).look
    mark = alice.share / FOLDER / f"{SHA}.json"
    await look()
    assert mark.exists()
    service.state = ScopeState.READY
    await look()
    assert not mark.exists()
    await journal.close()


@asynccontextmanager
async def two_raw_nights(
    root: Path, standin: Any, science: Science
) -> AsyncIterator[tuple[RawNight, RawNight]]:
    (root / "share" / "MyWorks").mkdir(parents=True)
    journals = [Journal(root / name / "state") for name in "ab"]
    async with client_of(standin) as client:
        nights = []
        for journal, name in zip(journals, "ab", strict=True):
            await journal.open("test")
            one = OneCopy(name, root / "share", root / name)
            scopes: Any = one
            nights.append(
                RawNight(root / name, client, journal, science, scopes, Copy(name, "pi", name))
            )
        try:
            yield nights[0], nights[1]
        finally:
            for journal in journals:
                await journal.close()


async def test_only_one_of_two_copies_sends_a_blocks_sub_frames(tmp_path: Path) -> None:
    science = Science()
    try:
        async with (
            standin_at(tmp_path / "server") as standin,
            two_raw_nights(tmp_path, standin, science) as (first, second),
        ):
            standin.worker.paused = True
            job, other = first.ask(), second.ask()
            assert await first.once(job) == ""
            assert len(standin.jobs) == 1
            assert await second.once(other) == "", "it is sent: only to be confirmed"
            assert (await second.entry()).upload == "sent"
            assert len(standin.jobs) == 1
            standin.worker.paused = False
            await until(lambda: all(one.status == "completed" for one in standin.jobs))
            assert await second.once(other, second.confirm) == ""
            assert await first.once(job, first.confirm) == ""
            assert len(standin.stacks) == 1
            assert list((tmp_path / "share" / FOLDER).iterdir()) == []
    finally:
        await science.close()


async def test_sub_frames_that_another_copy_sends_now_wait(tmp_path: Path) -> None:
    science = Science()
    try:
        async with (
            standin_at(tmp_path / "server") as standin,
            two_raw_nights(tmp_path, standin, science) as (first, second),
        ):
            assert await first.work._handover.reserve(await first.entry()) is None
            assert "a on pi sends it" in await second.once(second.ask())
            assert standin.jobs == []
            assert await first.once(first.ask()) == ""
            assert len(standin.jobs) == 1
    finally:
        await science.close()


async def test_a_journal_lost_after_finalize_sends_no_sub_frame_again(tmp_path: Path) -> None:
    science = Science()
    try:
        async with (
            standin_at(tmp_path / "server") as standin,
            two_raw_nights(tmp_path, standin, science) as (first, _),
        ):
            standin.worker.paused = True
            assert await first.once(first.ask()) == ""
            first.journal = Journal(tmp_path / "new")
            await first.journal.open("test")
            assert await first.once(first.ask()) == ""
            await first.journal.close()
            assert len(standin.jobs) == 1
    finally:
        await science.close()
