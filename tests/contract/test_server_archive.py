"""The archive: the client and the stand-in's endpoints, keys, searches and downloads."""

import socket
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from raw_kit import KEY, LIMITS, PIXEL, client_of, standin_at, until, write_lights

from crowdsky_tui.base.errors import AuthRefused, NotFound, ProtocolError, UsageError
from crowdsky_tui.compute.client import Science
from crowdsky_tui.services.crowdsky.archive import Archive
from crowdsky_tui.simulator.crowdsky.accounts import KEY_STATES
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn, Fault, Stack

OTHERS = [
    Stack(
        chunk_key=f"2026071{day}.88_HP{pixel:06d}",
        object_name=name,
        filter_name=filter_name,
        total_exptime=exposure,
        eq_mode=eq_mode,
        sqm=sqm,
        date_obs_start=f"2026-07-1{day} 22:03:55",
        owner=owner,
    )
    for day, pixel, name, filter_name, exposure, eq_mode, sqm, owner in (
        (2, PIXEL, "M 81", "LP", 410.0, 0, 19.8, "bob"),
        (1, PIXEL, "M 81", "IRCUT", 900.0, 1, 21.0, "carol"),
        (3, PIXEL + 1, "M 82", "LP", 300.0, 0, 20.0, ""),
        (4, 61302, "M 1", "LP", 300.0, 0, 20.0, "bob"),
    )
]


@pytest.fixture
async def standin(tmp_path: Path) -> AsyncIterator[CrowdSkyStandIn]:
    async with standin_at(tmp_path / "server") as server:
        await server.seed(OTHERS)
        yield server


async def two_tiles(ra_deg: float, dec_deg: float, radius_deg: float) -> Sequence[int]:
    return [PIXEL, PIXEL + 1, 100, 101, 102]


@pytest.fixture
async def archive(standin: CrowdSkyStandIn) -> AsyncIterator[Archive]:
    one = Archive(standin.url, standin.api_key, cone_pixels=two_tiles, limits=LIMITS)
    yield one
    await one.close()


async def test_a_tile_has_everybodys_frames_oldest_first(
    standin: CrowdSkyStandIn, archive: Archive
) -> None:
    frames = await archive.frames_by_healpix(PIXEL)
    assert [frame.filter_name for frame in frames] == ["IRCUT", "LP"]
    first = frames[0]
    assert first.date_obs_start == datetime(2026, 7, 11, 22, 3, 55, tzinfo=UTC)
    assert (first.total_exptime, first.eq_mode, first.sqm) == (900, 1, 21)
    assert await archive.frames_by_healpix(0) == []


@pytest.mark.parametrize(
    ("wanted", "filters"),
    [
        ({"filter": "LP"}, ["LP"]),
        ({"eq_mode": 1}, ["IRCUT"]),
        ({"min_sqm": 20.5}, ["IRCUT"]),
        ({"min_exptime": 500}, ["IRCUT"]),
        ({"start": datetime(2026, 7, 12, tzinfo=UTC)}, ["LP"]),
        ({"end": datetime(2026, 7, 11, 22, 3, 55, tzinfo=UTC)}, ["IRCUT"]),
        ({"filter": "none"}, []),
    ],
)
async def test_filters(archive: Archive, wanted: dict[str, Any], filters: list[str]) -> None:
    found = await archive.frames_by_healpix(PIXEL, **wanted)
    assert [frame.filter_name for frame in found] == filters


async def test_what_cannot_be_asked(standin: CrowdSkyStandIn, archive: Archive) -> None:
    for call in (
        archive.frames_by_healpix(-1),
        archive.frames_by_healpix(196608),
        archive.frames_by_healpix(1, eq_mode=2),
        archive.frames_by_healpix(1, start=datetime(2026, 7, 11)),
    ):
        with pytest.raises(UsageError):
            await call
    assert standin.requests["frames_by_healpix"].count == 0


async def test_a_cone_asks_each_tile_once_and_few_at_a_time(
    standin: CrowdSkyStandIn, archive: Archive
) -> None:
    standin.faults.add("frames_by_healpix", Fault("slow_first_byte", delay_s=0.05), times=None)
    frames = await archive.cone_search(148.888, 69.065)
    assert [frame.object_name for frame in frames] == ["M 81", "M 81", "M 82"]
    traffic = standin.requests["frames_by_healpix"]
    assert traffic.count == 5
    assert traffic.peak <= 3


async def test_a_cone_with_a_broken_tile_is_an_error_not_a_gap(
    standin: CrowdSkyStandIn, archive: Archive
) -> None:
    standin.faults.add("frames_by_healpix", Fault("html"), nth=2)
    with pytest.raises(ProtocolError):
        await archive.cone_search(148.888, 69.065)


async def test_the_real_tiles_of_a_cone() -> None:
    science = Science()
    try:
        tiles = await science.cone_pixels(148.888, 69.065, 0.75)
        assert PIXEL in tiles
        assert 15 <= len(tiles) <= 17
        assert await science.cone_pixels(0, 90, 0.01) == sorted({0, 1, 2, 3})
        assert await science.cone_pixels(148.888, 69.065, 0) == [PIXEL]
        for wrong in ((0, 91, 1), (0, 0, -1), (0, 0, 90), (float("nan"), 0, 1)):
            with pytest.raises(UsageError):
                await science.cone_pixels(*wrong)
    finally:
        await science.close()


@pytest.mark.parametrize("state", [state for state in KEY_STATES if state != "active"])
async def test_keys_that_no_longer_open(tmp_path: Path, state: str) -> None:
    async with standin_at(tmp_path / "server", api_keys={"csk_old": state}) as server:
        archive = Archive(server.url, "csk_old", limits=LIMITS)
        with pytest.raises(AuthRefused, match=r"account\.php") as caught:
            await archive.frames_by_healpix(PIXEL)
        await archive.close()
    assert "csk_old" not in str(caught.value)


async def test_without_a_key_it_says_where_one_is_made(standin: CrowdSkyStandIn) -> None:
    archive = Archive(standin.url, "", cone_pixels=two_tiles, limits=LIMITS)
    for call in (
        archive.frames_by_healpix(PIXEL),
        archive.cone_search(148.888, 69.065),
        archive.frame_stars(1),
        archive.download_frame(1),
    ):
        with pytest.raises(AuthRefused, match="needs an API key") as caught:
            await call
        assert f"{standin.url}/account.php" in caught.value.why
    assert (await archive.sky_coverage()).startswith("# %ECSV")
    await archive.close()
    assert standin.requests["frames_by_healpix"].count == 0


@pytest.mark.parametrize("key", ["csk with blank", "csk_\nx", "csk_é"])
def test_keys_that_cannot_be_sent(key: str) -> None:
    with pytest.raises(UsageError) as caught:
        Archive("https://crowdsky.example", key)
    assert key not in str(caught.value)


async def test_download_and_stars_of_a_finished_stack(
    standin: CrowdSkyStandIn, archive: Archive, tmp_path: Path
) -> None:
    async with client_of(standin) as client:
        token = await client.raw_start_session()
        for path in write_lights(tmp_path, 2):
            await client.raw_upload_file(token, path)
        await client.raw_finalize(token)
        await until(lambda: len(standin.stacks) == len(OTHERS) + 1)
    frame = next(one for one in await archive.frames_by_healpix(PIXEL) if one.chunk_key == KEY)
    path = await archive.download_frame(frame.id, tmp_path / "down")
    assert path == tmp_path / "down" / f"frame_{frame.id}.fits"
    assert path.stat().st_size == frame.file_size_bytes
    stars = await archive.frame_stars(frame.id)
    assert (stars.width, stars.height) == (24, 40)
    assert len(stars.stars) == frame.n_stars_detected
    assert stars.stars[0].ra is not None
    with pytest.raises(NotFound, match="star file"):
        await archive.frame_stars(frame.id + 1)
    with pytest.raises(NotFound):
        await archive.download_frame(4711, tmp_path / "down")
    assert [one.name for one in (tmp_path / "down").iterdir()] == [path.name]


async def test_a_download_url_on_another_host_is_not_followed(
    standin: CrowdSkyStandIn, archive: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trap = socket.socket()
    trap.bind(("127.0.0.1", 0))
    trap.listen()
    trap.settimeout(0.2)
    evil = f"http://127.0.0.1:{trap.getsockname()[1]}/steal"

    monkeypatch.setattr("crowdsky_tui.simulator.crowdsky.archive._url", lambda request, row: evil)
    frames = await archive.frames_by_healpix(PIXEL)
    assert not any(evil in str(frame) for frame in frames)
    with pytest.raises(NotFound):
        await archive.download_frame(frames[0].id, tmp_path / "down")
    with pytest.raises(TimeoutError):
        trap.accept()
    trap.close()


async def test_coverage_is_public_and_read_by_astropy(
    standin: CrowdSkyStandIn, archive: Archive, tmp_path: Path
) -> None:
    path = tmp_path / "coverage.ecsv"
    path.write_text(await archive.sky_coverage())
    science = Science()
    try:
        seen = await science.coverage(path, [PIXEL, 5])
        assert seen.rows == 4
        assert [(tile.filter, tile.n_stacks, tile.total_s) for tile in seen.tiles] == [
            ("IRCUT", 1, 900.0),
            ("LP", 1, 410.0),
        ]
        assert seen.tiles[1].last == datetime(2026, 7, 12, 22, 3, 55, tzinfo=UTC)
        path.write_text(
            "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: healpix_ring, datatype: int64}\n"
            "# - {name: n_stacks, datatype: int64}\n# schema: astropy-2.0\n"
            "healpix_ring n_stacks\n49152 3\n"
        )
        (tile,) = (await science.coverage(path, [49152])).tiles
        assert (tile.n_stacks, tile.filter, tile.total_s, tile.first) == (3, "", None, None)
    finally:
        await science.close()
