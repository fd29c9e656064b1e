"""What was handed over and is not listed counts as undecided: in `sync` and in the report."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from test_survey import STACK, facts, known, only

from crowdsky_tui.cli.verbs.sync import _sync_summary
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.progress.situation import Situation, orders_of, situation
from crowdsky_tui.report.report import ScopeLine, make_report
from crowdsky_tui.store.store import BlockState

READY = ScopeLine("a", "ready")


def seen(upload: str, *stacks: str, **more: Any) -> Situation:
    order = only(orders_of(facts(*stacks)))
    entry = LedgerEntry(order, upload=Delivery(upload), **more)
    return situation(order, known(ledger={order.stack_id: entry}))


@pytest.mark.parametrize("upload", ["doubt", "sent"])
@pytest.mark.parametrize("stacks", [(), (STACK,)], ids=["sub-frames", "stack"])
def test_what_nobody_looks_after_is_undecided_until_it_is_listed(
    upload: str, stacks: tuple[str, ...]
) -> None:
    item = seen(upload, *stacks)
    assert item.block.state is BlockState.SENT
    document = _sync_summary([], [item], [item], {}, dry_run=False)
    assert [one["stack"] for one in document["undecided"]] == [stacks[0] if stacks else None]
    report = make_report(date(2026, 2, 27), datetime(2026, 2, 28, tzinfo=UTC), [item], [READY])
    assert len(report.human) == 1


def test_a_row_that_has_gone_is_told_but_never_undecided() -> None:
    document = _sync_summary([], [], [seen("sent", STACK, row_id=3)], {}, dry_run=False)
    assert document["undecided"] == []


def test_the_same_file_is_never_sent_nor_open() -> None:
    order = only(orders_of(facts(STACK)))
    first = LedgerEntry(msgspec.structs.replace(order, target="First", folder="First"))
    entry = LedgerEntry(order, same_as=first.order.stack_id, sha256="a" * 64)
    ledger = {one.order.stack_id: one for one in (first, entry)}
    item = situation(order, known(ledger=ledger))
    assert (item.block.state, item.block.reason) == (
        BlockState.SAME,
        "the same file as the stack of First 22:45",
    )
    assert not item.to_upload and not item.to_stack
    report = make_report(date(2026, 2, 27), datetime(2026, 2, 28, tzinfo=UTC), [item], [READY])
    assert report.open_blocks == ()
