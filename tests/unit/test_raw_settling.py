"""What is journalled of one block of a raw session that the server was told to stack."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from test_stack_review import order

from crowdsky_tui.api import raw
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.night.night import Night
from crowdsky_tui.services.crowdsky.raw import RawReceipt

NOW = datetime(2026, 2, 28, 6, tzinfo=UTC)


class Kept:
    """The parts of a night that are told of it."""

    def __init__(self) -> None:
        self.saved: list[LedgerEntry] = []
        self.asked: list[tuple[Any, ...]] = []
        self.clock = SimpleNamespace(now=lambda: NOW)
        self.journal = self.queue = self

    async def save_entry(self, entry: LedgerEntry) -> LedgerEntry:
        self.saved.append(entry)
        return entry

    async def add(self, *what: Any) -> None:
        self.asked.append(what)


async def settled(receipt: RawReceipt) -> tuple[Kept, LedgerEntry]:
    kept, before = Kept(), LedgerEntry(order(1))
    doubt = LedgerEntry(order(1), upload=Delivery.DOUBT, session="token", session_at=NOW)
    await raw._settle(cast(Night, kept), before, doubt, receipt)
    return kept, before


async def test_what_was_probably_done_waits_for_the_list_and_can_be_told_by_no_job() -> None:
    kept, _ = await settled(RawReceipt(ok=True, jobs=0, probably_done=True))
    (entry,) = kept.saved
    assert (entry.upload, entry.server_key, entry.server_job) == (Delivery.SENT, "", None)
    assert [what[:2] for what in kept.asked] == [("confirm", "confirm")]


async def test_a_block_that_the_server_passed_over_is_as_it_was_before() -> None:
    kept, before = await settled(RawReceipt(ok=True, jobs=0, skipped=(order(1).chunk,)))
    assert kept.saved == [before] and kept.asked == []
