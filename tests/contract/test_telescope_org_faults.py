"""Faults of telescope.org that are of single fields: numbers that fail, lists that move, cubes."""

from pathlib import Path
from typing import Any

import pytest
from telescope_org_kit import Remote, a_draft, remote

from crowdsky_tui.base.errors import FileDamaged, ProtocolError
from crowdsky_tui.services.telescope_org.errors import SiteChanged

CARD = "{:<8}= {:>20}"


def cube(planes: int, *, filters: str = "B,V,R", bytes_more: int = 0, bytes_less: int = 0) -> bytes:
    """A cube of 8 × 8 pixels, 16 bit."""
    axes = ("NAXIS", 3), ("NAXIS1", 8), ("NAXIS2", 8), ("NAXIS3", planes)
    cards = [CARD.format(name, value) for name, value in (("SIMPLE", "T"), ("BITPIX", 16), *axes)]
    cards += [f"FILTER  = '{filters}'", "END"]
    header = "".join(card.ljust(80) for card in cards).ljust(2880).encode()
    whole = header + (b"\0" * (128 * planes)).ljust(2880, b"\0")
    return whole[: len(whole) - bytes_less] + b"\0" * bytes_more


async def test_a_cube_of_three_planes_with_their_filters_is_kept(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        body = cube(3)
        it.site.faults.announced_size = len(body)
        it.spoil("download", "body", body)
        assert (await it.client.fetch(it.a_job())).path.read_bytes() == body


@pytest.mark.parametrize(
    "body",
    [
        cube(2),
        cube(3, filters="B,V"),
        cube(3, bytes_less=2600),
        cube(3)[:2880],
        b"<html>no</html>",
        b"<!DOCTYPE html>".ljust(5760),
    ],
    ids=["two planes", "two filters", "cut", "no data", "a page", "a page of whole blocks"],
)
async def test_a_cube_that_is_bad_twice_is_never_kept(tmp_path: Path, body: bytes) -> None:
    async with remote(tmp_path) as it:
        it.site.faults.announced_size = len(body)
        it.spoil("download", "body", body, count=None)
        with pytest.raises(FileDamaged):
            await it.client.fetch(it.a_job())
        assert it.files() == [] and it.count("create") == 2


@pytest.mark.parametrize("told", [None, {}, [], {"ieID": None}, {"ieID": "x1"}, {"ieID": -5}])
async def test_a_file_without_its_number_is_said_and_nothing_is_fetched(
    tmp_path: Path, told: Any
) -> None:
    async with remote(tmp_path) as it:
        it.spoil("create", "data", told, count=None)
        with pytest.raises(ProtocolError) as raised:
            await it.client.fetch(it.a_job())
        assert isinstance(raised.value, SiteChanged) and it.count("ready") == 0
        assert it.files() == []


async def test_a_number_of_another_file_brings_none_of_it(tmp_path: Path) -> None:
    async with remote(tmp_path) as it:
        it.spoil("create", "data", {"ieID": "999999999", "flatID": 0}, count=None)
        client = it.new_client(ready_within_s=0.0)
        with pytest.raises(Exception, match="was not downloaded"):
            await client.fetch(it.a_job())
        assert it.files() == []
        await client.close()


@pytest.mark.parametrize("told", [None, {}, {"id": None}, {"id": "x"}, {"id": 5}, {"id": "5"}, 7])
async def test_whatever_a_submission_answers_the_list_shows_the_request(
    tmp_path: Path, told: Any
) -> None:
    """Nobody knows what the number names: if the list has none such, place and filter tell."""
    async with remote(tmp_path) as it:
        draft = a_draft()
        known = frozenset(row.id for row in await it.client.check(draft))
        it.spoil("submit", "data", told)
        number = await it.client.submit(draft)
        row = await it.client.find_submitted(draft, known, number)
        assert row is not None and row.id not in known
        assert it.site.account.requests[row.id].submitted is not None


@pytest.mark.parametrize("ever", [False, True])
@pytest.mark.parametrize("step", [-1, 1])
async def test_a_list_that_moves_while_it_is_read_misses_nothing_that_stays(
    tmp_path: Path, step: int, ever: bool
) -> None:
    async with remote(tmp_path) as it:
        before = {one.id for one in it.site.account.requests.values() if one.folder == 1}
        gone = iter(sorted(before, reverse=True))
        asked = it.client.session.json

        async def meanwhile(*call: Any, **more: Any) -> Any:
            answer = await asked(*call, **more)
            if ever or it.count("list") == 1:
                _move(it, step, gone)
            return answer

        it.client.session.json = meanwhile  # type: ignore[method-assign]
        rows = [row.id for row in await it.client.requests()]
    assert len(rows) == len(set(rows))
    assert set(rows) >= before & set(it.site.account.requests)
    assert it.count("list") <= 12


def _move(it: Remote, step: int, gone: Any) -> None:
    if step < 0:
        del it.site.account.requests[next(gone)]
        return
    it.site.account.submit(
        name="New", object_id="21:42:42.80 +43:35:09.86", telescope=6, filter="V",
        exposure_ms=1000, comment="", dark_frame=True,
    )  # fmt: skip


async def test_a_search_of_exactly_a_thousand_rows_is_told_as_cut(tmp_path: Path) -> None:
    from datetime import date

    rows = [f"<tr><td><a href='v4request-view.php?jid={number}&amp;x=1'>{number}</a></td></tr>"
            for number in range(1, 1001)]  # fmt: skip
    async with remote(tmp_path) as it:
        for body, cut in ((rows, True), (rows[1:], False), ([*rows[1:], rows[-1]], True)):
            page = f"<h3>Search Parameters</h3><p>x</p><h3>Results</h3><table>{''.join(body)}"
            it.spoil("search", "body", f"{page}</table>".encode())
            found = await it.client.night(date(2024, 11, 17))
            assert found.cut is cut, len(body)
            assert len(found.jobs) == len(set(found.jobs))
