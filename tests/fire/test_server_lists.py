"""R5: whatever is wrong with the server's list, nothing is sent before it is right."""

import asyncio
import time
from pathlib import Path

import msgspec
import pytest
from attending import attending, rest, sync_to_the_end, until
from truth import check_arrived_once, check_journal
from world import world

from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.simulator.crowdsky.server import Fault
from crowdsky_tui.store.store import ServerState

BAD_LISTS = (
    pytest.param(Fault("status", status=500), marks=pytest.mark.long),  # it waits as it should
    Fault("html"),
    Fault("empty"),
    Fault("error_in_200"),
)
LONGEST_FREEZE_S = 0.1


@pytest.mark.parametrize("fault", BAD_LISTS, ids=["status-500", "html", "empty", "error_in_200"])
async def test_a_bad_list_is_never_an_empty_one(
    fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(tmp_path, blocks=2) as place:
        place.server.faults.add("my_stacks", fault, times=None)
        async with attending(place, monkeypatch) as night:
            await night.sync()
            await until(lambda: {job.kind for job in night.queue.unfinished()} == {"upload"})
            await asyncio.sleep(0.3)
            assert night.listing.state is ServerState.DOWN
            assert place.server.jobs == [], "sent without a list"
            await until(lambda: any(job.reason for job in night.queue.unfinished()))
            place.server.faults.clear()
            await rest(night)
            check_arrived_once(place)
            check_journal(place)


async def test_an_empty_list_does_not_make_it_send_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody deletes the rows, or the server forgets them: what was sent stays sent."""
    async with world(tmp_path, blocks=2) as place, attending(place, monkeypatch) as night:
        await sync_to_the_end(night, place)
        for stack in place.server.stacks:
            place.server._state.drop_stack(stack.id)
        await night.list_quietly()
        await night.look()
        await night.sync()
        assert len(place.server.jobs) == place.blocks
        assert await night.journal.ledger(uploads=(Delivery.CONFIRMED,)) == []


async def test_a_list_with_every_row_twice_proves_each_stack_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(tmp_path, blocks=2) as place, attending(place, monkeypatch) as night:
        await sync_to_the_end(night, place)
        await place.server.seed(msgspec.structs.replace(row) for row in place.server.stacks)
        await night.list_quietly()
        ledger = await night.journal.ledger(uploads=(Delivery.CONFIRMED,))
        assert len({entry.row_id for entry in ledger}) == place.blocks
        asked = await night.sync()
        assert asked.jobs == ()


async def test_fifty_thousand_rows_do_not_freeze_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(tmp_path, blocks=1) as place, attending(place, monkeypatch) as night:
        await sync_to_the_end(night, place)
        row = place.server.stacks[0]
        days = (
            f"{2000 + number // 400:04d}{number % 12 + 1:02d}{number % 28 + 1:02d}"
            for number in range(50_000)
        )
        await place.server.seed(
            msgspec.structs.replace(row, chunk_key=f"{day}.{number % 96:02d}_HP006478")
            for number, day in enumerate(days)
        )
        longest = 0.0
        listing = asyncio.create_task(night.listing.fresh())
        while not listing.done():
            before = time.monotonic()
            await asyncio.sleep(0.002)
            longest = max(longest, time.monotonic() - before)
        assert len(await listing) == 50_001
        assert longest < LONGEST_FREEZE_S * 3, f"{longest:.3f} s"
