"""Budgets that a machine's speed cannot bend: rows drawn, entries looked at, memory held."""

import gc
import json
import sys
import tracemalloc
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from textual.app import App, ComposeResult

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.budgets import BUDGETS, Budget, Verdict, judge
from bench.figures import Figure, as_markdown, compared, spread
from bench.growth import facts, rows
from bench.made_up import row_fields
from bench.timing import exponent
from bench.work import order
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.engine.queue import Proof
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.jobs.server_list import find_rows
from crowdsky_tui.jobs.work import Context, JobQueue
from crowdsky_tui.progress import situation
from crowdsky_tui.services.crowdsky.rows import ServerStack, decode_rows
from crowdsky_tui.store.store import Store
from crowdsky_tui.tui.desk import Move
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.table import Table

HEIGHT = 24
ROWS = 100_000


class ManyRows(App[None]):
    """One table of 100,000 rows that counts the rows whose cells it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[int] = []
        self.table: Table[int] = Table([Column("n", 8)], self._cells, lambda number: number)

    def _cells(self, number: int) -> tuple[tuple[str, str], ...]:
        self.asked.append(number)
        return ((str(number), ""),)

    def compose(self) -> ComposeResult:
        yield self.table

    def taken(self) -> int:
        """How many rows were asked for since the last time."""
        count = len(self.asked)
        self.asked.clear()
        return count


async def test_a_table_draws_the_rows_in_sight_whatever_there_are() -> None:
    app = ManyRows()
    async with app.run_test(size=(80, HEIGHT)) as pilot:
        app.table.show(range(ROWS))
        await pilot.pause()
        assert 0 < (first := app.taken()) <= 4 * HEIGHT, f"{first} rows for the first page"
        for step in (Move.DOWN, Move.PAGE_DOWN, Move.BOTTOM):
            app.table.move(step)
            await pilot.pause()
            assert 0 < (count := app.taken()) <= 4 * HEIGHT, f"{count} rows for {step}"
        assert app.table.selected == ROWS - 1


def sent(number: int) -> LedgerEntry:
    """A stack in the ledger, which the server's row `number` proves."""
    fields = row_fields(number)
    key = str(fields["chunk_key"])
    begin = datetime.fromisoformat(str(fields["date_obs_start"])).replace(tzinfo=UTC)
    known = msgspec.structs.replace(
        order(number),
        chunk=key.partition("_")[0],
        name=f"CrowdSky_78_M 81_10.0s_LP_{key}.fit",
        start=begin,
        end=begin + timedelta(minutes=15),
    )
    return LedgerEntry(known, upload=Delivery.SENT, server_key=key)


def test_rows_share_what_is_the_same_in_many_and_each_keeps_its_type() -> None:
    fields = {"total_exptime": 700.0, "file_size_bytes": 700, "created_at": "2026-11-29 01:00:00"}
    neighbours = [
        {**fields, "id": 1, "date_obs_start": "2026-11-28 23:15:00"},
        {**fields, "id": 2, "date_obs_end": "2026-11-28T23:15:00Z"},
    ]
    first, second = decode_rows(json.dumps(neighbours).encode())
    assert first.date_obs_start is not None
    assert first.date_obs_start is second.date_obs_end
    assert first.created_at is second.created_at
    assert first.file_size_bytes is second.file_size_bytes
    assert first.total_exptime is second.total_exptime
    assert type(first.file_size_bytes) is int
    assert type(first.total_exptime) is float


def test_other_nights_in_the_ledger_and_the_list_are_not_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed = decode_rows(rows(3000))
    ledger = {(entry := sent(number)).order.stack_id: entry for number in range(3000)}
    tonight = [sent(number).order for number in range(8)]
    everything = find_rows(ledger.values(), listed)
    looked: list[tuple[int, int]] = []

    def counting(
        entries: Iterable[LedgerEntry], among: Sequence[ServerStack]
    ) -> dict[str, ServerStack]:
        wanted = list(entries)
        looked.append((len(wanted), len(among)))
        return find_rows(wanted, among)

    monkeypatch.setattr(situation, "find_rows", counting)
    found = situation.rows_of(tonight, ledger, listed)
    assert found == {one.stack_id: everything[one.stack_id] for one in tonight}
    entries, among = looked[0]
    assert entries == len(tonight), f"survey.rows_of looked at {entries} entries of the ledger"
    assert among <= 2 * 96, f"survey.rows_of looked at {among} rows for one night"


def test_a_stack_that_another_entry_was_sent_as_does_not_take_its_row() -> None:
    listed = decode_rows(rows(4))
    mine, moved = sent(1), sent(3)
    here = msgspec.structs.replace(moved.order, telescope=mine.order.telescope, filter="LP")
    rival = msgspec.structs.replace(moved, order=here, server_key=mine.server_key)
    assert rival.order.chunk != mine.order.chunk
    ledger = {entry.order.stack_id: entry for entry in (mine, rival)}
    whole = find_rows(ledger.values(), listed)
    found = situation.rows_of([mine.order], ledger, listed)
    assert found.get(mine.order.stack_id) == whole.get(mine.order.stack_id)


def traced_kib() -> float:
    gc.collect()
    return tracemalloc.get_traced_memory()[0] / 1024


def test_a_sub_frame_is_held_in_few_bytes() -> None:
    facts(10)
    tracemalloc.start()
    before = traced_kib()
    held = facts(100)
    orders = situation.orders_of(held)
    each = (traced_kib() - before) * 1024 / held.raw_files
    tracemalloc.stop()
    assert sum(len(one.files) for one in orders) == held.raw_files
    assert each <= 200, f"TargetFacts and Orders hold {each:.0f} bytes per sub-frame"


class AtOnce:
    """Work that is done as soon as it is begun."""

    def lane(self, wanted: Order) -> None:
        return None

    async def run(self, job: Job, context: Context) -> Proof:
        context.progress(0.5)
        return Proof("done", job.payload)


async def test_jobs_that_are_over_leave_nothing_behind_in_memory(tmp_path: Path) -> None:
    journal, store = Journal(tmp_path), Store()
    await journal.open("test")
    queue = JobQueue(journal, store, Clock(), {"stack": AtOnce()})
    await queue.start()

    async def run(count: int, name: str) -> None:
        for number in range(count):
            one = msgspec.structs.replace(order(0), files=(), folder=f"{name} {number}")
            await queue.add("stack", "stack", one)
        while queue.unfinished():
            await queue.changed()
        store.log.clear()

    tracemalloc.start()
    await run(60, "warm")
    before = traced_kib()
    await run(60, "again")
    grown = traced_kib() - before
    tracemalloc.stop()
    await queue.stop()
    await journal.close()
    assert not store.jobs
    assert grown <= 60, f"60 jobs that are over still hold {grown:.0f} KiB"


def test_budgets_are_judged_the_right_way_round() -> None:
    most, least = Budget("≤ 2", 2), Budget("≥ 0.9", 0.9, of_ratio=True, at_least=True)
    assert judge(most, 2) is Verdict.MET
    assert judge(most, 2.1) is Verdict.MISSED
    assert judge(least, 0.9) is Verdict.MET
    assert judge(least, 0.5) is Verdict.MISSED


def test_a_figure_is_judged_by_its_ratio_or_by_its_value() -> None:
    slow = compared("g", "n", [30.0], [10.0], floor_name="f", budget="blocks")
    assert slow.ratio == 3
    assert slow.verdict is Verdict.MISSED
    fast = compared("g", "n", [10.0], [30.0], floor_name="f", speed=True, budget="transfer")
    assert fast.ratio == 3
    assert fast.verdict is Verdict.MET
    few = Figure("g", "n", "B", spread([400.0]), budget="cursor-bytes")
    assert few.verdict is Verdict.MET
    assert Figure("g", "n", budget="transfer", missing="no curl").verdict is Verdict.UNKNOWN
    table = as_markdown([slow, few], "a machine")
    assert "| n | 30 ms | 10 ms, f | 3.00 | ≤ 1/5 | missed |" in table


def test_only_what_no_machine_bends_gates() -> None:
    gating = {name for name, budget in BUDGETS.items() if budget.gates}
    assert {"idle-bytes", "cursor-bytes", "page-bytes", "modules"} <= gating
    assert not any(budget.of_ratio for budget in BUDGETS.values() if budget.gates)


def test_the_exponent_is_that_of_the_power_law() -> None:
    assert exponent([10, 100, 1000], [10, 100, 1000]) == pytest.approx(1)
    assert exponent([10, 100, 1000], [1, 100, 10000]) == pytest.approx(2)
