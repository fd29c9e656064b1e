"""Any interleaving of listing, sending, breaking, crashing and re-running: one row per stack."""

import asyncio
import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crowdsky_tui.base.errors import (
    NetworkDown,
    RateLimited,
    ServerError,
    ServerUnavailable,
    UploadInDoubt,
)
from crowdsky_tui.jobs.engine.queue import Later
from crowdsky_tui.jobs.kinds.confirm import ConfirmWork
from crowdsky_tui.jobs.kinds.upload import UploadWork
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.ledger_doubt import decided
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.jobs.server_list import ServerList
from crowdsky_tui.services.crowdsky.rows import ServerStack, UploadReceipt
from crowdsky_tui.store.store import JobState

START = datetime(2026, 7, 24, 21, 0, tzinfo=UTC)
CHUNK, KEY = "20260724.84", "20260724.84_HP006478"
DEADLINE = timedelta(hours=12)


class Crash(BaseException):
    """The program dies here; only the ledger is left."""


def order_of(telescope: str, filter: str, exposure: int) -> Order:
    return Order(
        scope=telescope,
        serial=telescope[-8:],
        telescope=telescope,
        target="M 81",
        folder="M 81",
        chunk=CHUNK,
        exposure=f"{exposure}.0s",
        filter=filter,
        start=START,
        end=START + timedelta(minutes=15),
        name=f"CrowdSky_40_M 81_{exposure}.0s_{filter}_{KEY}.fit",
        local_path=f"/{telescope}/{filter}/{exposure}.fit",
    )


ORDERS = [
    order_of(*parts)
    for parts in itertools.product(("S50_8a95aa90", "S30 Pro_10d57b1d"), ("LP", "IRCUT"), (10, 20))
]


class Ledger:
    """The part of the journal that uploads use, as it outlives a crash."""

    def __init__(self) -> None:
        self.entries: dict[str, LedgerEntry] = {}

    async def ledger(
        self, chunk: str | None = None, *, uploads: Iterable[str] = (), newest: int = -1
    ) -> list[LedgerEntry]:
        wanted = set(uploads)
        last_first = reversed(self.entries.values())
        found = [entry for entry in last_first if not wanted or entry.upload in wanted]
        return found if newest < 0 else found[:newest]

    async def entry(self, order: Order) -> LedgerEntry:
        return self.entries.get(order.stack_id, LedgerEntry(order))

    async def save_entry(self, entry: LedgerEntry) -> LedgerEntry:
        self.entries.pop(entry.order.stack_id, None)
        self.entries[entry.order.stack_id] = entry
        return entry


class World:
    """Server, worker, clock, and one program that can die."""

    def __init__(self) -> None:
        self.time = START + timedelta(hours=6)
        self.queued: list[str] = []
        self.stuck: set[str] = set()
        """Of the queued those that the worker does not touch."""
        self.number = 100
        self.rows: list[ServerStack] = []
        self.list_fails = 0
        self.fates: dict[str, str] = {}
        self.ledger = Ledger()
        self.asked_at = {order.stack_id: self.time for order in ORDERS}
        self.restart()

    def now(self) -> datetime:
        return self.time

    def steady(self) -> float:
        return self.time.timestamp()

    def restart(self) -> None:
        """A new process: nothing is remembered but the ledger."""
        clock: Any = self
        self.listing = ServerList(self.list_stacks, clock)
        science: Any = SimpleNamespace(inspect=self.inspect)
        self.upload = UploadWork(
            lambda: self,  # type: ignore[arg-type, return-value]
            self.listing,
            science,
            clock,
            deadline=DEADLINE,
            scrub_location=lambda: True,
        )
        self.confirm = ConfirmWork(self.listing, clock, poll_s=30, deadline=DEADLINE)

    async def inspect(self, path: object) -> Any:
        return SimpleNamespace(sha256=f"hash of {path}", size=1000)

    async def list_stacks(self) -> list[ServerStack]:
        await asyncio.sleep(0)
        if self.list_fails:
            self.list_fails -= 1
            raise ServerUnavailable("The list could not be had")
        return list(self.rows)

    async def upload_stack(self, path: str, *, before_last_byte: Any, **_: Any) -> UploadReceipt:
        """One upload, which ends as the world has decided for this file."""
        fate = self.fates.pop(path, "ok")
        await asyncio.sleep(0)
        if fate == "reset":
            raise NetworkDown("reset before the last byte")
        if fate == "crash early":
            raise Crash
        await before_last_byte()
        await asyncio.sleep(0)
        if fate == "refused":
            raise RateLimited("later")
        if fate == "crash unsent":
            raise Crash
        if fate == "vanished":
            raise UploadInDoubt("it never arrived, but who knows")
        self.queued.append(path)
        self.number += 1
        number = self.number
        if fate == "lost reply":
            raise UploadInDoubt("it arrived, but who knows")
        if fate == "crash sent":
            raise Crash
        key = CHUNK if fate == "no pixel" else KEY
        return UploadReceipt(ok=True, job_id=number, chunk_key=key, status="queued")

    def work(self, count: int) -> None:
        """The server's worker finishes its oldest jobs, but for those that are stuck."""
        done = [path for path in self.queued if path not in self.stuck][:count]
        for path in done:
            self.queued.remove(path)
            _, telescope, filter_name, exposure = path.removesuffix(".fit").split("/")
            row: dict[str, Any] = dict.fromkeys(ServerStack.__struct_fields__)
            row |= {
                "id": len(self.rows) + 1,
                "chunk_key": KEY,
                "object_name": "M 81",
                "telescope_id": telescope,
                "filter_name": filter_name,
                "n_frames_input": 40,
                "total_exptime": 40.0 * int(exposure),
            }
            self.rows.append(ServerStack(**row))

    def is_there(self, order: Order) -> bool:
        """What the user sees on the web site, among the jobs or the stacks."""
        path = order.local_path
        parts = (order.telescope, order.filter, 40 * order.exposure_s)
        return path in self.queued or parts in [
            (row.telescope_id, row.filter_name, row.total_exptime) for row in self.rows
        ]

    async def settle(self) -> None:
        """The user says of each stack that nobody answered for whether it has arrived."""
        for entry in list(self.ledger.entries.values()):
            if entry.upload == "doubt":
                again = not self.is_there(entry.order)
                await self.ledger.save_entry(decided(entry, resend=again, now=self.time))

    async def run(self, number: int) -> str:
        """Run a stack's upload job, and its confirmation if that was proved."""
        order = ORDERS[number]
        context: Any = SimpleNamespace(journal=self.ledger, note=_nothing, progress=lambda *_: None)
        for work in (self.upload, self.confirm):
            job = Job(
                1, "upload", "confirm", order, JobState.RUNNING, self.asked_at[order.stack_id]
            )
            context.job = job
            try:
                await work.run(job, context)
            except Later:
                return "later"
            except Crash:
                self.restart()
                return "crashed"
            except ServerError as error:
                return "outage" if error.outage else "failed"
        return "proved"


async def _nothing(*_: Any) -> None:
    return None


FATES = (
    *("ok", "no pixel", "reset", "refused", "vanished", "lost reply"),
    *("crash early", "crash unsent", "crash sent"),
)
NUMBERS = st.integers(0, len(ORDERS) - 1)
STEPS = st.one_of(
    st.tuples(st.just("run"), st.lists(st.tuples(NUMBERS, st.sampled_from(FATES)), max_size=4)),
    st.tuples(st.just("work"), st.integers(1, 4)),
    st.tuples(st.just("wait"), st.integers(1, 20)),
    st.tuples(st.just("list fails"), st.integers(1, 3)),
    st.tuples(st.just("ask again"), NUMBERS),
    st.tuples(st.just("the clock is set by"), st.integers(-90, 90)),
    st.tuples(st.just("others send"), st.integers(1, 3)),
    st.tuples(st.just("stuck"), NUMBERS),
)


async def take(world: World, step: tuple[str, Any]) -> None:
    what, value = step
    if what == "run":
        chosen = dict(value)
        world.fates = {ORDERS[number].local_path: fate for number, fate in chosen.items()}
        await asyncio.gather(*(world.run(number) for number in chosen))
    elif what == "work":
        world.work(value)
    elif what in ("wait", "the clock is set by"):
        world.time += timedelta(minutes=value)
    elif what == "list fails":
        world.list_fails = value
    elif what == "others send":
        world.number += value
    elif what == "stuck":
        world.stuck.add(ORDERS[value].local_path)
    else:
        world.asked_at[ORDERS[value].stack_id] = world.time


async def bring_to_an_end(world: World) -> None:
    """A patient user, who looks and says what became of what nobody answered for."""
    world.fates, world.list_fails = {}, 0
    for _ in range(4):
        world.work(100)
        world.time += timedelta(minutes=15)
        outcomes = [await world.run(number) for number in range(len(ORDERS))]
        if all(outcome == "proved" for outcome in outcomes):
            return
        assert_none_twice(world)
        world.time += timedelta(hours=13)
        for order in ORDERS:
            world.asked_at[order.stack_id] = world.time
        outcomes = [await world.run(number) for number in range(len(ORDERS))]
        assert_none_twice(world)  # past every deadline nothing was sent for want of an answer
        await world.settle()
        world.stuck.clear()
    raise AssertionError(outcomes)


def assert_none_twice(world: World) -> None:
    rows = [f"/{row.telescope_id}/{row.filter_name}/{row.total_exptime}" for row in world.rows]
    queued = [order for path in world.queued for order in ORDERS if order.local_path == path]
    queue = [f"/{order.telescope}/{order.filter}/{40 * order.exposure_s}" for order in queued]
    assert len({*rows, *queue}) == len(rows) + len(queue)


ALL_BUT_ONE = [("run", [(number, "ok") for number in range(7)])]


@settings(max_examples=100, derandomize=True)
@given(st.lists(STEPS, max_size=25))
@example([*ALL_BUT_ONE, ("run", [(7, "crash unsent")])])  # a doubt on the last of a season
@example([*ALL_BUT_ONE, ("run", [(7, "crash sent")])])
@example([("stuck", 0), ("run", [(0, "lost reply")]), ("wait", 20), ("run", [(1, "ok")])])
@example([("run", [(0, "vanished")]), ("wait", 20), ("run", [(1, "ok")]), ("work", 4)])
@example([("run", [(0, "ok")]), ("run", [(1, "vanished")]), ("wait", 20), ("run", [(2, "ok")])])
def test_exactly_one_row_for_each_stack(steps: list[tuple[str, Any]]) -> None:
    async def story() -> World:
        world = World()
        for step in steps:
            await take(world, step)
            assert_none_twice(world)
        await bring_to_an_end(world)
        return world

    world = asyncio.run(story())
    found = sorted((row.telescope_id, row.filter_name, row.total_exptime) for row in world.rows)
    wanted = sorted((one.telescope, one.filter, 40 * one.exposure_s) for one in ORDERS)
    assert found == wanted
    assert world.queued == []
    ids = [entry.row_id or 0 for entry in world.ledger.entries.values()]
    assert sorted(ids) == [row.id for row in sorted(world.rows, key=lambda row: row.id or 0)]


async def test_what_was_overtaken_is_never_sent_again_by_itself_however_late() -> None:
    world = World()
    world.stuck = {ORDERS[0].local_path}
    world.fates = {ORDERS[0].local_path: "lost reply"}
    assert await world.run(0) == "later"
    world.number += 1  # somebody else's upload: the numbers prove nothing
    world.time += timedelta(minutes=20)
    assert await world.run(1) == "later"
    world.work(10)
    world.time += timedelta(minutes=2)
    assert await world.run(1) == "proved"  # later than the first, and listed
    for _ in range(3):
        world.time += timedelta(hours=13)
        assert await world.run(0) == "failed"
    assert world.queued == [ORDERS[0].local_path]
    world.stuck.clear()
    world.work(10)
    world.time += timedelta(minutes=2)
    assert await world.run(0) == "proved"


async def test_a_doubt_on_the_last_stack_is_settled_by_the_users_word() -> None:
    world = World()
    world.fates = {ORDERS[0].local_path: "vanished"}
    assert await world.run(0) == "later"
    world.time += timedelta(hours=13)
    assert [await world.run(0) for _ in range(2)] == ["failed", "failed"]
    assert world.queued == []
    await world.settle()
    assert await world.run(0) == "later"
    assert world.queued == [ORDERS[0].local_path]


async def test_first_the_ten_minutes_then_the_numbers_are_evidence() -> None:
    for minutes, sent in ((9, 0), (11, 1)):
        world = World()
        assert await world.run(0) == "later"
        world.fates = {ORDERS[1].local_path: "vanished"}
        assert await world.run(1) == "later"
        world.time += timedelta(minutes=minutes)
        assert await world.run(2) == "later"
        await world.run(1)
        assert world.queued.count(ORDERS[1].local_path) == sent


async def test_no_list_no_upload() -> None:
    world = World()
    world.list_fails = 3
    assert await world.run(0) == "outage"
    assert world.queued == []


async def test_asking_again_sends_once_for_each_time_it_was_asked() -> None:
    world = World()
    path = ORDERS[0].local_path
    again = msgspec.structs.replace(ORDERS[0], resend=True)
    ORDERS[0], original = again, ORDERS[0]
    try:
        world.fates = {path: "lost reply"}
        assert [await world.run(0) for _ in range(3)] == ["later"] * 3
    finally:
        ORDERS[0] = original
    assert world.queued == [path]
