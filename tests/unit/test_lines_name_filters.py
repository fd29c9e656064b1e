"""Jobs and blocks that differ by their filter only are told apart wherever they are spoken of."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from situations import a_situation
from test_queue import QueueRig, order

from crowdsky_tui.base.errors import Rejected
from crowdsky_tui.blocks.keys import BlockKey, TargetKey
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.listed import vanished_text
from crowdsky_tui.jobs.order import Job
from crowdsky_tui.jobs.work import Context
from crowdsky_tui.notices.alarms import failure_alarm
from crowdsky_tui.store.store import BlockState, BlockView, Store, TargetView
from crowdsky_tui.tui.speech import Speaker

FILTERS = ("IRCUT", "LP")


def each_named(lines: Iterable[str]) -> None:
    """Every filter is in one line, and in one alone."""
    every = list(lines)
    for name in FILTERS:
        assert len([line for line in every if f" {name}" in line]) == 1, every


async def test_how_two_jobs_ended_tells_them_apart_in_the_log(tmp_path: Path) -> None:
    async def act(_job: Job, _context: Context) -> None:
        raise Rejected("it is refused")

    async with QueueRig(tmp_path, act) as rig:
        for name in FILTERS:
            await rig.queue.add("upload", "upload", order(filter=name))
        await rig.settle()
        each_named(line.text for line in rig.store.log)
        assert all(" on a: " in line.text for line in rig.store.log), "and of which telescope"


async def test_a_fault_tells_which_job_it_met(tmp_path: Path) -> None:
    async def act(_job: Job, _context: Context) -> None:
        raise ZeroDivisionError

    async with QueueRig(tmp_path, act) as rig:
        for name in FILTERS:
            await rig.queue.add("upload", "upload", order(filter=name))
        await rig.settle()
        faults = [line.text for line in rig.store.log if "ZeroDivisionError" in line.text]
        assert all(any(f" {name} on a" in text for text in faults) for name in FILTERS)


def test_a_notice_of_failed_blocks_tells_them_apart() -> None:
    seen = [a_situation(order(filter=name), BlockState.FAILED) for name in FILTERS]
    notice = failure_alarm(seen, set())
    assert notice is not None
    each_named(notice.text.splitlines())


def test_what_has_gone_from_the_list_is_told_apart() -> None:
    each_named(vanished_text([LedgerEntry(order(filter=name))]) for name in FILTERS)


def test_two_blocks_of_one_quarter_are_spoken_of_apart() -> None:
    target = TargetView(TargetKey("S50", "M 81"), "M 81")
    begin = order().start

    def blocks(state: BlockState) -> list[BlockView]:
        end = begin + timedelta(minutes=15)
        keys = (BlockKey(target.key, "20260227.91", "20.0s", name) for name in FILTERS)
        return [BlockView(key, "M 81", begin, end, 44, 880.0, state) for key in keys]

    store = Store()
    store.set_target(target, blocks(BlockState.READY))
    speaker = Speaker(store)
    store.set_target(target, blocks(BlockState.SENT))
    each_named(speaker.changes())
