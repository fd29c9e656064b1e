"""A row that was proved and is no longer listed is noticed, told, and never sent by itself."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.listed import note_vanished, vanished_text
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.services.crowdsky.rows import decode_rows

START = datetime(2026, 7, 24, 21, 0, tzinfo=UTC)
KEY = "20260724.84_HP006478"


def entry(number: int, filter: str, upload: str = "confirmed") -> LedgerEntry:
    order = Order(
        scope="s50",
        serial="8a95aa90",
        telescope="S50_8a95aa90",
        target="M 81",
        folder="M 81",
        chunk="20260724.84",
        exposure="10.0s",
        filter=filter,
        start=START,
        end=START + timedelta(minutes=15),
        name=f"CrowdSky_40_M 81_10.0s_{filter}_{KEY}.fit",
    )
    return LedgerEntry(order, upload=Delivery(upload), row_id=number, confirmed_at=START)


def rows(*pairs: tuple[int, str]) -> str:
    return ",".join(
        f'{{"id":{number},"chunk_key":"{KEY}","filter_name":"{name}",'
        f'"telescope_id":"S50_8a95aa90","n_frames_input":40,"total_exptime":400}}'
        for number, name in pairs
    )


async def test_only_what_no_row_proves_has_vanished(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    await journal.open("test")
    try:
        for one in (entry(1, "LP"), entry(2, "IRCUT"), entry(3, "Dual", upload="sent")):
            await journal.save_entry(one)
        listed = decode_rows(f"[{rows((1, 'LP'), (2, 'IRCUT'))}]".encode())
        assert await note_vanished(journal, listed) == []

        renewed = decode_rows(f"[{rows((1, 'LP'), (9, 'IRCUT'))}]".encode())
        assert await note_vanished(journal, renewed) == []

        left = decode_rows(f"[{rows((1, 'LP'))}]".encode())
        (gone,) = await note_vanished(journal, left)
        assert gone.order.filter == "IRCUT"
        kept = await journal.entry(gone.order)
        assert (kept.upload, kept.row_id, kept.confirmed_at) == ("sent", 2, None)
        assert "M 81 24 Jul 21:00" in vanished_text([gone])
        assert "and 2 more" in vanished_text([gone] * 5)
        assert "more" not in vanished_text([gone] * 3)
        assert await note_vanished(journal, left) == []
    finally:
        await journal.close()
