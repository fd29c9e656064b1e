"""R3: what a telescope's web server may make of a file never reaches the server."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from attending import attending, failed_jobs, rest, sync_to_the_end, until
from truth import check_arrived_once, check_journal
from world import world

from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.kinds.fetch import FetchWork

FITS_BLOCK = 2880
HALF = 66_240
LAST = 132_479


@pytest.mark.parametrize("cut", [0, 1, FITS_BLOCK - 1, FITS_BLOCK, HALF, LAST])
async def test_bodies_that_end_early(
    cut: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(tmp_path, blocks=1) as place, attending(place, monkeypatch) as night:
        place.scopes[0].faults.truncate_http = cut
        await sync_to_the_end(night, place, rounds=1)
        check_arrived_once(place)
        check_journal(place)


@pytest.mark.parametrize("byte", [100, HALF, LAST])
async def test_a_changed_bit_is_seen_and_the_file_fetched_again(
    byte: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(tmp_path, blocks=1) as place, attending(place, monkeypatch) as night:
        faults = place.scopes[0].faults
        faults.flip_http = byte
        await night.sync()
        await until(lambda: any(job.attempts for job in night.queue.unfinished()))
        assert list(place.downloads.rglob("CrowdSky_*.fit")) == []
        faults.flip_http = None
        await rest(night)
        check_arrived_once(place)
        check_journal(place)


async def test_a_web_page_in_place_of_a_file_is_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A captive portal answers everything with status 200; the share is read in its place."""
    async with world(tmp_path, blocks=1) as place, attending(place, monkeypatch) as night:
        place.scopes[0].faults.page_http = True
        await sync_to_the_end(night, place)
        check_arrived_once(place)
        check_journal(place)


async def test_a_way_that_always_changes_bits_is_named_and_nothing_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with world(tmp_path, blocks=1, speed=6000) as place:
        place.scopes[0].faults.flip_http = HALF
        async with attending(place, monkeypatch) as night:
            await night.sync()
            await rest(night)
            (failed,) = await failed_jobs(night)
            assert failed.kind == "fetch" and "changed on the way" in failed.reason
        assert place.server.jobs == []
        assert list(place.downloads.rglob("CrowdSky_*.fit")) == []


async def test_a_fetch_cancelled_after_its_picture_does_not_fetch_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once whole, nothing of it is touched again, so that nothing of it can be left half done."""
    fetched: list[str] = []
    fetch, save = FetchWork._fetch_thumbnail, Journal.save_entry
    cut = True

    async def seen(self: FetchWork, order: Any, path: Path, service: Any) -> None:
        fetched.append(path.name)
        await fetch(self, order, path, service)

    async def saved(self: Journal, entry: Any) -> Any:
        nonlocal cut
        if cut and fetched:
            cut = False
            raise asyncio.CancelledError
        return await save(self, entry)

    monkeypatch.setattr(FetchWork, "_fetch_thumbnail", seen)
    monkeypatch.setattr(Journal, "save_entry", saved)
    async with world(tmp_path, blocks=1) as place, attending(place, monkeypatch) as night:
        await sync_to_the_end(night, place)
        assert not cut
        assert len(fetched) == 1
        check_arrived_once(place)
