"""The CrowdSky stand-in does what docs/design/crowdsky-protocol.md says, over real HTTP."""

import asyncio
import io
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from astropy.io import fits
from crowdsky_kit import KEY, Starter, client_of, header_bytes, stack_bytes, starter, until, upload
from PIL import Image

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn, Stack


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Starter]:
    async with starter(tmp_path) as start:
        yield start


@pytest.fixture
async def standin(make: Starter) -> CrowdSkyStandIn:
    return await make()


@pytest.fixture
async def client(standin: CrowdSkyStandIn) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(standin) as one:
        yield one


async def rows(client: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    reply = await client.get("/api/my_stacks.php", params=query)
    assert reply.status_code == 200
    found: list[dict[str, Any]] = reply.json()
    return found


@pytest.mark.parametrize("auth", [None, ("demo", "wrong"), ("demo", ""), ("Demo", "demo-night")])
async def test_wrong_login_is_refused(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient, auth: tuple[str, str] | None
) -> None:
    files = {"file": ("up.fit", stack_bytes())}
    replies = [
        await client.get(f"/api/{page}.php", auth=auth)
        for page in ("my_stacks", "download_stack", "thumbnail")
    ]
    replies.append(await client.post("/api/upload_stack.php", files=files, auth=auth))  # type: ignore[arg-type]
    for reply in replies:
        assert reply.status_code == 401
        assert list(reply.json()) == ["error"]
        assert reply.headers["www-authenticate"].startswith("Basic")
    assert standin.jobs == []


async def test_odd_authorization_headers_are_refused(client: httpx.AsyncClient) -> None:
    for garbage in ("Basic", "Basic %%%", "Bearer csk_1", "Basic ZGVtbw=="):
        headers = {"Authorization": garbage}
        reply = await client.get("/api/my_stacks.php", headers=headers, auth=None)
        assert reply.status_code == 401


async def test_wrong_method_and_wrong_page(client: httpx.AsyncClient) -> None:
    refused = await client.get("/api/upload_stack.php")
    assert (refused.status_code, refused.json()) == (405, {"error": "POST required."})
    assert (await client.post("/api/my_stacks.php")).status_code == 405
    missing = await client.get("/api/job_status.php")
    assert missing.status_code == 404
    assert missing.headers["content-type"].startswith("text/html")


async def test_an_upload_is_queued_then_processed_then_a_row(make: Starter) -> None:
    standin = await make(worker_delay_s=0.6)
    async with client_of(standin) as client:
        assert await rows(client) == []
        reply = await upload(client, n_frames_input="44", n_frames_aligned="39")
        assert reply.json() == {"ok": True, "job_id": 1, "chunk_key": KEY, "status": "queued"}
        seen = [standin.jobs[0].status]
        assert await rows(client) == []
        await until(lambda: standin.jobs[0].status == "processing")
        await until(lambda: standin.jobs[0].status == "completed")
        (row,) = await rows(client)
    assert seen == ["queued"]
    assert row["id"] == standin.jobs[0].stack_id == 1
    assert row["chunk_key"] == KEY
    assert row["object_name"] == "M 81"
    assert row["telescope_id"] == "S50_8a95aa90"
    assert row["filter_name"] == "IRCUT"
    assert row["date_obs_start"] == "2026-07-24 21:03:55"
    assert row["date_obs_end"] is None
    assert (row["n_frames_input"], row["n_frames_aligned"]) == (44, 39)
    assert (row["ra_deg"], row["dec_deg"], row["eq_mode"]) == (148.888, 69.065, 0)
    assert row["n_stars_detected"] == 3
    assert not {"site_lat", "site_long", "sub_exposure"} & set(row)


async def test_json_is_written_as_php_writes_it(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient
) -> None:
    await standin.seed([Stack(object_name="α/β", total_exptime=410.0, chunk_key=KEY)])
    text = (await client.get("/api/my_stacks.php")).text
    assert r'"object_name":"\u03b1\/\u03b2"' in text
    assert '"total_exptime":410,' in text


async def test_frames_come_from_the_header_and_exptime_is_the_fallback(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient
) -> None:
    await upload(client, stack_bytes(TOTALEXP=None))
    await until(lambda: len(standin.stacks) == 1)
    (row,) = await rows(client)
    assert (row["n_frames_input"], row["n_frames_aligned"], row["total_exptime"]) == (41, 41, 10)


async def test_object_filters_exactly(standin: CrowdSkyStandIn, client: httpx.AsyncClient) -> None:
    await standin.seed([Stack(object_name=name) for name in ("M 8", "M 81", None)])
    assert [row["object_name"] for row in await rows(client, object="M 8")] == ["M 8"]
    assert await rows(client, object="m 8") == []
    assert len(await rows(client)) == 3


async def test_one_key_many_rows(standin: CrowdSkyStandIn, client: httpx.AsyncClient) -> None:
    variants: list[dict[str, Any]] = [
        {},
        {"FILTER": "LP"},
        {"EXPTIME": 20.0},
        {"TELESCOP": "S30 Pro_10d57b1d"},
    ]
    for changes in variants:
        reply = await upload(client, stack_bytes(**changes))
        assert reply.json()["chunk_key"] == KEY
    await until(lambda: len(standin.stacks) == 4)
    assert {row["chunk_key"] for row in await rows(client)} == {KEY}
    assert len({stack.identity for stack in standin.stacks}) == 4
    await standin.seed([Stack(chunk_key=KEY)])
    oldest = await client.get("/api/download_stack.php", params={"chunk_key": KEY})
    assert len(oldest.content) == standin.stacks[0].file_size_bytes


@pytest.mark.parametrize("scrub", ["1", "0"])
async def test_what_comes_back_is_a_multi_extension_file(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient, scrub: str
) -> None:
    await upload(client, scrub_location=scrub, date_obs_end="2026-07-24T21:14:50")
    await until(lambda: len(standin.stacks) == 1)
    reply = await client.get(
        "/api/download_stack.php", params={"chunk_key": KEY}, headers={"Range": "bytes=0-99"}
    )
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/fits"
    assert reply.headers["content-disposition"] == f'attachment; filename="M_81_{KEY}.fits"'
    assert int(reply.headers["content-length"]) == len(reply.content)
    assert (await rows(client))[0]["file_size_bytes"] == len(reply.content)
    with (
        fits.open(io.BytesIO(reply.content)) as hdus,
        fits.open(io.BytesIO(stack_bytes())) as native,
    ):
        head = hdus[0].header
        assert head["NAXIS"] == 0
        assert (head["EXPTIME"], head["EXPOSURE"], head["NIMAGES"]) == (410.0, 410.0, 41)
        assert (head["OB-END"], "EQMODE" in head) == ("2026-07-24 21:14:50", False)
        assert ("SITELONG" in head, "SITELAT" in head) == ((False, False), (True, True))[
            scrub == "0"
        ]
        for index, name in enumerate(("RED", "GREEN", "BLUE")):
            assert (hdus[name].data == native[0].data[index]).all()
            assert hdus[name].header["CHANNEL"] == index
        assert hdus["FOOTPRINT"].data.max() == 41
        stars = hdus["STAR-TAB"].data
        assert len(stars.columns) == 36
        assert {(star["x"], star["y"]) for star in stars} == {(20, 30), (60, 100), (45, 140)}
    assert (standin.stacks[0].site_long is None) == (scrub == "1")


async def test_downloads_that_name_nothing(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient
) -> None:
    await standin.seed([Stack(chunk_key=KEY)])
    assert (await client.get("/api/download_stack.php")).status_code == 400
    for key in ("20260724.85_HP006478", KEY, "../../server.sqlite3"):
        reply = await client.get("/api/download_stack.php", params={"chunk_key": key})
        assert (reply.status_code, reply.json()) == (404, {"error": "Stack not found."})


async def test_pictures(standin: CrowdSkyStandIn, client: httpx.AsyncClient) -> None:
    jpeg = b"\xff\xd8\xff\xe0 a scope's own picture"
    files = {"file": ("a.fit", stack_bytes()), "thumbnail": ("a_thn.jpg", jpeg)}
    await client.post("/api/upload_stack.php", files=files)
    await until(lambda: len(standin.stacks) == 1)
    await upload(client, stack_bytes(width=600, height=1100))
    await until(lambda: len(standin.stacks) == 2)
    assert (await client.get("/api/thumbnail.php?id=1")).content == jpeg
    png = await client.get("/api/thumbnail.php?id=2")
    with Image.open(io.BytesIO(png.content)) as picture:
        assert picture.format == "PNG"
        assert 256 < max(picture.size) <= 512
    assert (await client.get("/api/thumbnail.php?id=3")).status_code == 404
    assert (await client.get("/api/thumbnail.php?id=x")).status_code == 400


@pytest.mark.parametrize(
    "content", [stack_bytes()[:30000], stack_bytes()[:1000], header_bytes({"SIMPLE": True})]
)
async def test_a_damaged_upload_is_accepted_and_never_appears(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient, content: bytes
) -> None:
    assert (await upload(client, content)).json()["status"] == "queued"
    await until(lambda: standin.jobs[0].status == "retry")
    assert standin.jobs[0].attempts == 3
    assert await rows(client) == []


async def test_a_restart_keeps_rows_and_carries_on_with_jobs(make: Starter) -> None:
    first = await make(worker_delay_s=0.6)
    async with client_of(first) as client:
        await upload(client, scrub_location="1")
        await until(lambda: len(first.stacks) == 1)
        await upload(client, stack_bytes(FILTER="LP"))
        await until(lambda: first.jobs[1].status == "processing")
        first.worker.paused = True
        await upload(client, stack_bytes(FILTER="LP"))
        before = await rows(client)
    await first.stop()
    assert [job.status for job in first.jobs] == ["completed", "processing", "queued"]
    second = await make()
    async with client_of(second) as client:
        assert before[0] in await rows(client)
        await until(lambda: len(second.stacks) == 3)
        reply = await client.get("/api/download_stack.php", params={"chunk_key": KEY})
        assert len(reply.content) == before[0]["file_size_bytes"]
    assert [job.id for job in second.jobs] == [1, 2, 3]
    assert list((second._state.root / "incoming").iterdir()) == []


async def test_it_takes_no_signals_and_frees_its_port(make: Starter) -> None:
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    standin = await make()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers
    port = int(standin.url.rpartition(":")[2])
    await standin.stop()
    again = await make(port=port)
    assert again.url == standin.url
    with pytest.raises(OSError, match="in use"):
        await make(port=port)


async def test_stopping_does_not_wait_for_a_slow_client(make: Starter) -> None:
    standin = await make()
    host, port = standin.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as silent:
        silent.sendall(
            b"POST /api/upload_stack.php HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
        )
        await until(lambda: standin.requests["upload_stack"].count == 1)
        await asyncio.wait_for(standin.stop(), timeout=4)


async def test_traffic_is_counted(standin: CrowdSkyStandIn, client: httpx.AsyncClient) -> None:
    replies = await asyncio.gather(*(client.get("/api/my_stacks.php") for _ in range(5)))
    traffic = standin.requests["my_stacks"]
    assert traffic.count == 5
    assert traffic.bytes_out == sum(len(reply.content) for reply in replies)
    assert (traffic.open, 1 <= traffic.peak <= 5) == (0, True)


def test_an_unknown_policy_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="refuse409"):
        CrowdSkyStandIn(tmp_path, Clock(), duplicate_policy="sometimes")
