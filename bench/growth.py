"""Growth: the same work at 1, 10 and 100 times the size, and the power of n that fits."""

import asyncio
import sqlite3
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from bench.figures import Figure, number, spread
from bench.made_up import NIGHT, light_names, row_fields
from bench.timing import exponent, timed
from bench.work import ZONE, order, stack_names, unstacked
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.blocks import LightFrame, group_frames_into_blocks, parse_light_filename
from crowdsky_tui.jobs.engine.queue import Proof
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.jobs.work import Context, JobQueue
from crowdsky_tui.progress.situation import (
    Known,
    TargetFacts,
    orders_of,
    rows_of,
    situation,
)
from crowdsky_tui.services.crowdsky.rows import ServerStack, decode_rows
from crowdsky_tui.store.store import Store

GROUP = "Growth"
TIMES = (1, 10, 100)
RUNS = 5
PAST_CACHES = 600
"""Below 512 names the second run finds them parsed, which is no work at all."""
SLOW_MS = 500
"""What takes longer is measured three times instead of `RUNS`."""


def run(quick: bool) -> Iterator[Figure]:
    """All figures of this group, as they come."""
    largest = 10 if quick else 100
    sizes = [factor for factor in TIMES if factor <= largest]
    yield _grown("names → blocks minus coverage", 5000, sizes, _blocks)
    yield _grown("blocks → situations and views", 50, sizes, _situations)
    yield _grown("server rows decoded", 400, sizes, _decode)
    yield _grown("stacks matched with server rows", PAST_CACHES, sizes, _match)
    yield _held([5000 * size for size in sizes])
    yield asyncio.run(_journal("journal opened: unfinished and latest", sizes, _open))
    yield asyncio.run(_journal("one more job journalled, 20 times", sizes, _add))
    yield asyncio.run(_journal("a job cancelled, 20 times", sizes, _cancel))
    yield asyncio.run(_drain([1, 4, 16] if quick else [1, 10, 40]))


def _grown(
    name: str,
    base: int,
    sizes: list[int],
    prepare: Callable[[int], Callable[[], float]],
    unit: str = "ms",
) -> Figure:
    """`prepare(n)` returns what measures once at size n."""
    times = []
    for size in sizes:
        measure = prepare(base * size)
        once = measure()
        runs = RUNS if once < SLOW_MS else 3
        times.append(spread([measure() for _ in range(runs)]).median)
    return grown_figure(name, [base * size for size in sizes], times, unit)


def grown_figure(name: str, sizes: Sequence[float], times: list[float], unit: str = "ms") -> Figure:
    """What was measured at each size, and the power that fits."""
    steps = ", ".join(
        f"{size:,}: {number(value)} {unit}" for size, value in zip(sizes, times, strict=True)
    )
    power = exponent(sizes, times)
    return Figure(
        GROUP, f"{name} ({steps})", "", spread([power]), budget="linear", notes="exponent k of n^k"
    )


def _blocks(count: int) -> Callable[[], float]:
    names = light_names(count)
    stacks = stack_names(names)
    return lambda: timed(lambda: unstacked(names, stacks))


def _facts_of(frames: list[LightFrame]) -> TargetFacts:
    """One target's folders with these sub-frames, nothing stacked."""
    found = tuple(group_frames_into_blocks(frames, zone=ZONE).values())
    return TargetFacts(
        scope="S50 a349",
        serial="0000a3f0",
        telescope="S50_0000a3f0",
        target="M 81",
        folder="M 81",
        sub_folder="M 81_sub",
        zone=ZONE,
        raw_files=len(frames),
        stacked_files=0,
        blocks=found,
        stacks=(),
        read_at=datetime.now(UTC),
    )


def facts(blocks: int) -> TargetFacts:
    """The same with so many blocks of 78 sub-frames."""
    names = light_names(78 * blocks)
    return _facts_of([frame for name in names if (frame := parse_light_filename(name))])


def rows(count: int) -> bytes:
    """The server's answer with so many rows."""
    return msgspec.json.encode([{"id": number, **row_fields(number)} for number in range(count)])


def _situations(blocks: int) -> Callable[[], float]:
    known_facts = facts(blocks)
    listed = decode_rows(rows(blocks))

    def work() -> None:
        orders = orders_of(known_facts)
        known = Known(
            now=datetime.now(UTC),
            min_exptime=240,
            ledger={},
            delivered={},
            open={},
            ended={},
            rows=rows_of(orders, {}, listed),
        )
        views = [situation(one, known).block for one in orders]
        assert views

    return lambda: timed(work)


def _decode(count: int) -> Callable[[], float]:
    body = rows(count)
    return lambda: timed(lambda: decode_rows(body))


def _match(count: int) -> Callable[[], float]:
    listed: list[ServerStack] = decode_rows(rows(count))
    ledger = {one.stack_id: LedgerEntry(one) for one in (_named(number) for number in range(count))}
    orders = [entry.order for entry in ledger.values()]

    def work() -> None:
        assert rows_of(orders, ledger, listed)

    return lambda: timed(work)


_ORDER = order(0)


def _named(count: int) -> Order:
    """An order with a finished stack that row `count` proves."""
    key = str(row_fields(count)["chunk_key"])
    begin = datetime.fromisoformat(str(row_fields(count)["date_obs_start"])).replace(tzinfo=UTC)
    return msgspec.structs.replace(
        _ORDER,
        telescope=f"S50_{count % 4:04d}a3f0",
        serial=f"{count % 4:04d}a3f0",
        chunk=key.partition("_")[0],
        name=f"CrowdSky_78_M 81_10.0s_LP_{key}.fit",
        start=begin,
        end=begin + (_ORDER.end - _ORDER.start),
    )


def _held(sizes: list[int]) -> Figure:
    """Python memory of one target's facts and orders."""
    used = []
    for size in sizes:
        names = light_names(size)
        tracemalloc.start()
        frames = [frame for name in names if (frame := parse_light_filename(name))]
        held = _facts_of(frames)
        del frames
        orders = orders_of(held)
        used.append(tracemalloc.get_traced_memory()[0] / 2**20)
        tracemalloc.stop()
        assert orders
    return grown_figure("sub-frames held in memory", sizes, used, "MiB")


Measure = Callable[[Journal, int], Awaitable[None]]


async def _journal(name: str, sizes: list[int], measure: Measure) -> Figure:
    """`measure(journal, n)` in a journal that holds n finished jobs."""
    counts, times = [100 * size for size in sizes], []
    for count in counts:
        with tempfile.TemporaryDirectory(prefix="crowdsky-bench-") as folder:
            journal = Journal(Path(folder))
            await journal.open("bench")
            await journal.transaction(partial(fill, count))
            taken = []
            for _ in range(RUNS):
                begun = time.perf_counter()
                await measure(journal, count)
                taken.append((time.perf_counter() - begun) * 1000)
            await journal.close()
        times.append(spread(taken).median)
    return grown_figure(name, counts, times)


def fill(count: int, db: sqlite3.Connection) -> None:
    """Jobs that are over, written as the journal writes them but in one transaction."""
    from crowdsky_tui.jobs.engine.job_rows import add_job, save_job
    from crowdsky_tui.store.store import JobState

    for one in range(count):
        job, _ = add_job(db, "stack", "stack", _numbered(one), NIGHT)
        save_job(db, msgspec.structs.replace(job, state=JobState.PROVED))


def _numbered(one: int) -> Order:
    return msgspec.structs.replace(_ORDER, chunk=f"{20260101 + one // 96}.{one % 96:02d}")


async def _open(journal: Journal, count: int) -> None:
    await journal.unfinished()
    assert len(await journal.latest()) == count


async def _add(journal: Journal, count: int) -> None:
    fresh = time.perf_counter_ns()
    for one in range(20):
        named = msgspec.structs.replace(_ORDER, chunk="20250101.00", folder=f"{fresh} {one}")
        await journal.add("fetch", "fetch", named, NIGHT)


async def _cancel(journal: Journal, count: int) -> None:
    """What the queue asks of the journal when a running job is cancelled."""
    for one in range(20):
        assert await journal.jobs([1 + one])


class _AtOnce:
    """Work that is done as soon as it is begun."""

    def lane(self, order: Order) -> str:
        return order.folder

    async def run(self, job: Job, context: Context) -> Proof:
        return Proof("done", job.payload)


async def _drain(sizes: list[int]) -> Figure:
    """So many jobs in four lanes, from being asked for to the last one's end."""
    counts, times = [40 * size for size in sizes], []
    for count in counts:
        with tempfile.TemporaryDirectory(prefix="crowdsky-bench-") as folder:
            journal = Journal(Path(folder))
            await journal.open("bench")
            queue = JobQueue(journal, Store(), Clock(), {"stack": _AtOnce()})
            for one in range(count):
                named = msgspec.structs.replace(_numbered(one), folder=f"lane {one % 4}")
                await queue.add("stack", "stack", named)
            begun = time.perf_counter()
            await queue.start()
            while queue.unfinished():  # noqa: ASYNC110 - cheaper than a wake-up per job
                await asyncio.sleep(0.005)
            times.append((time.perf_counter() - begun) * 1000)
            await queue.stop()
            await journal.close()
    return grown_figure("a queue of jobs that take no time", counts, times)
