"""R9: the second copy is told who holds the journal; beside it one may look, live."""

import asyncio
import os
from pathlib import Path

import pytest
from attending import attending, rest, until
from world import Zygote, world

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.night.calls.jobs import Stack


async def test_a_second_copy_touches_nothing_and_names_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zygote = Zygote()
    async with world(tmp_path) as place:
        async with attending(place, monkeypatch) as night:
            await night.sync()
            code, output = await place.run(zygote, "sync", "--json")
            said = (place.root / "err.txt").read_text()
            await rest(night)
        assert (code, output) == (ExitCode.LOCKED, "")
        assert "attending" in said and str(os.getpid()) in said
        assert place.started() == len(place.server.jobs) == place.blocks
        code, _ = await place.run(zygote, "sync", "--json")
        assert code == ExitCode.OK
    await zygote.close()


async def test_a_reader_follows_the_owner_live_and_cannot_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        world(tmp_path) as place,
        attending(place, monkeypatch) as owner,
        attending(place, monkeypatch, owner=False) as reader,
    ):
        with pytest.raises(UsageError, match="read-only"):
            await reader.do(Stack())
        assert await reader.journal.unfinished() == []
        await owner.sync()
        assert len(await reader.journal.unfinished()) >= 1
        await until(lambda: not owner.queue.unfinished())
        seen = await reader.journal.ledger(uploads=(Delivery.CONFIRMED,))
        assert len(seen) == place.blocks


async def test_two_at_the_same_moment_one_wins(tmp_path: Path) -> None:
    zygotes = Zygote(), Zygote()
    async with world(tmp_path) as place:
        other = tmp_path / "other"
        other.mkdir()
        codes = await asyncio.gather(
            *(
                place.run(zygote, "sync", place=folder)
                for zygote, folder in zip(zygotes, (tmp_path, other), strict=True)
            )
        )
        assert sorted(code for code, _ in codes) == [ExitCode.OK, ExitCode.LOCKED]
        assert place.started() == len(place.server.jobs) == place.blocks
    for zygote in zygotes:
        await zygote.close()
