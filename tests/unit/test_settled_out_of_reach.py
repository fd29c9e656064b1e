"""The user's word on sub-frames whose telescope is out of reach: nothing is claimed or changed."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import ScopeUnreachable
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.night.settle import settle
from crowdsky_tui.progress.requests import RequestOutcome

START = datetime(2026, 2, 27, 22, 45, tzinfo=UTC)


def order(slot: int, name: str = "") -> Order:
    return Order(
        "s50", "8a95", "S50_8a95", "M 81", "M 81", f"20260227.{slot}", "20.0s", "LP", START, START,
        files=("a.fit",), name=name,
    )  # fmt: skip


class Parts:
    """As much of a night as `settle` needs; `there` are the orders of telescopes in reach."""

    def __init__(self, journal: Journal) -> None:
        self.journal, self.clock = journal, Clock()
        self.queue: Any = type("Queue", (), {"unfinished": lambda _: []})()
        self.views: Any = type("Views", (), {"note_entry": lambda *_: None})()
        self.there: list[Order] = []
        self.sent: list[Order] = []

    def situations(self) -> list[Any]:
        return [type("Situation", (), {"order": one})() for one in self.there]

    async def upload_orders(self, orders: Sequence[Order], *, resend: bool) -> RequestOutcome:
        self.sent += orders
        return RequestOutcome(tuple(range(len(orders))), "", tuple(orders))

    async def raw_upload(self, orders: Sequence[Order]) -> RequestOutcome:
        self.sent += orders
        return RequestOutcome(tuple(range(len(orders))), "", tuple(orders))


@asynccontextmanager
async def parts(tmp_path: Path, *orders: Order) -> AsyncIterator[Any]:
    journal = Journal(tmp_path)
    await journal.open("test")
    for one in orders:
        await journal.save_entry(LedgerEntry(one, upload=Delivery.DOUBT, sent_at=START))
    try:
        yield Parts(journal)
    finally:
        await journal.close()


async def test_sub_frames_out_of_reach_are_never_called_sent_again(tmp_path: Path) -> None:
    gone = order(91)
    async with parts(tmp_path, gone) as night:
        with pytest.raises(ScopeUnreachable, match="not in reach"):
            await settle(night, {gone.stack_id}, resend=True)
        assert night.sent == []
        assert (await night.journal.entry(gone)).upload == "doubt", "it stays undecided"


async def test_what_can_be_sent_is_and_the_rest_is_counted(tmp_path: Path) -> None:
    gone, here, stack = order(91), order(92), order(93, "CrowdSky_1.fit")
    async with parts(tmp_path, gone, here, stack) as night:
        night.there = [here]
        ids = {one.stack_id for one in (gone, here, stack)}
        asked = await settle(night, ids, resend=True)
        assert asked.note.startswith("2 sent again, 1 left undecided: ")
        assert {one.stack_id for one in night.sent} == {here.stack_id, stack.stack_id}
        assert next(one for one in night.sent if not one.name).files == ("a.fit",)
        assert (await night.journal.entry(gone)).upload == "doubt"
        word = await night.journal.entry(msgspec.structs.replace(here))
        assert word.upload == "" and word.again_by_word
