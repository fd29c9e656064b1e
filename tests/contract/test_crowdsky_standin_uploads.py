"""What the CrowdSky stand-in makes of an upload: its key, PHP's limits, refusals, duplicates."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from crowdsky_kit import Starter, client_of, header_bytes, stack_bytes, starter, until, upload

from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn

MIB = 1024 * 1024


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


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"RA": None}, "20260724.84"),
        ({"DEC": "!1.0D2"}, "20260724.84"),
        ({"RA": "09:55:33"}, "20260724.84"),
        ({"DATE_OBS": "2026-07-24T21:03:55+02:00"}, "20260724.76_HP006478"),
        ({"DATE_OBS": "!   '2026-07-24T21:03:55'"}, None),
        ({"DATE_OBS": None}, None),
        ({"RA": 6.0224, "DEC": -72.0814}, "20260724.84_HP191711"),
    ],
)
async def test_the_chunk_key_comes_from_the_header(
    client: httpx.AsyncClient, changes: dict[str, Any], key: str
) -> None:
    reply = await upload(
        client, stack_bytes(**changes), name="CrowdSky_1_X_20250101.00_HP000001.fit"
    )
    assert reply.json()["chunk_key"] == key


@pytest.mark.parametrize(
    ("content", "name", "text"),
    [
        (b"", "a.fit", "Invalid FITS file (bad header)."),
        (b"<html>", "a.fits", "Invalid FITS file (bad header)."),
        (b"SIMPLE  = T" + b" " * 2900, "a.fit", "Invalid FITS file (bad header)."),
        (None, "a.fits.gz", "Only .fit and .fits files are accepted."),
        (None, "a.jpg", "Only .fit and .fits files are accepted."),
    ],
)
async def test_what_is_no_fits_file_is_refused(
    standin: CrowdSkyStandIn,
    client: httpx.AsyncClient,
    content: bytes,
    name: str,
    text: str,
) -> None:
    reply = await upload(client, content, name)
    assert (reply.status_code, reply.json()) == (400, {"error": text})
    assert standin.jobs == []


async def test_upper_case_extension_is_accepted(client: httpx.AsyncClient) -> None:
    assert (await upload(client, name="A.FITS")).status_code == 200


async def test_a_form_without_its_file_is_refused(client: httpx.AsyncClient) -> None:
    wrong_part = await client.post(
        "/api/upload_stack.php", files={"fits_file": ("a.fit", stack_bytes())}
    )
    assert wrong_part.json() == {"error": "File upload error (code: missing)."}
    no_form = await client.post("/api/upload_stack.php", content=b"x=1")
    assert (no_form.status_code, no_form.json()) == (400, wrong_part.json())


async def test_a_chunked_body_arrives_empty(client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"--b\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    reply = await client.post("/api/upload_stack.php", content=pieces(), headers=headers)
    assert (reply.status_code, reply.json()["error"]) == (400, "File upload error (code: missing).")


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (50 * MIB, None),
        (50 * MIB + 1, "File upload error (code: 1)."),
        (55 * MIB, "Missing session_token."),
    ],
)
async def test_php_size_limits(make: Starter, size: int, text: str) -> None:
    standin = await make(worker_delay_s=3600)
    content = header_bytes({"SIMPLE": True}).ljust(size, b"\0")
    async with client_of(standin) as client:
        reply = await upload(client, content)
    assert reply.status_code == (200 if text is None else 400)
    assert reply.json().get("error") == text
    assert standin.requests["upload_stack"].bytes_in > size


@pytest.mark.parametrize("field", ["date_obs_start", "date_obs_end"])
@pytest.mark.parametrize(
    "value", ["2026-07-24T21:00:00Z", "2026-07-24T21:00:00+00:00", "2026-13-01T00:00:00", "soon"]
)
async def test_dates_the_database_refuses_crash_the_page(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient, field: str, value: str
) -> None:
    reply = await upload(client, None, "up.fit", **{field: value})
    assert (reply.status_code, reply.content) == (500, b"")
    assert standin.jobs == []


async def test_form_dates_are_kept_without_their_fraction(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient
) -> None:
    dates = {"date_obs_start": "2026-07-24T21:00:01.9", "date_obs_end": "2026-07-24 21:14:50"}
    await upload(client, None, "up.fit", **dates)
    assert standin.jobs[0].stack.date_obs_start == "2026-07-24 21:00:01"
    assert standin.jobs[0].stack.date_obs_end == "2026-07-24 21:14:50"


async def test_a_total_that_is_no_number_crashes_the_insert(client: httpx.AsyncClient) -> None:
    reply = await upload(client, stack_bytes(TOTALEXP="410s"))
    assert (reply.status_code, reply.content) == (500, b"")


async def test_duplicates_are_accepted_by_default(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient
) -> None:
    for _ in range(2):
        assert (await upload(client)).status_code == 200
    await until(lambda: len(standin.stacks) == 2)
    assert standin.stacks[0].identity == standin.stacks[1].identity


async def test_duplicates_can_be_refused(make: Starter) -> None:
    standin = await make(duplicate_policy="refuse409")
    async with client_of(standin) as client:
        assert (await upload(client)).status_code == 200
        while_queued = await upload(client)
        await until(lambda: len(standin.stacks) == 1)
        when_done = await upload(client)
        other = await upload(client, stack_bytes(FILTER="LP"))
    assert (while_queued.status_code, when_done.status_code, other.status_code) == (409, 409, 200)
    assert "already exists" in when_done.json()["error"]


async def test_duplicates_can_replace(make: Starter) -> None:
    standin = await make(duplicate_policy="replace")
    async with client_of(standin) as client:
        await upload(client)
        await until(lambda: len(standin.stacks) == 1)
        await upload(client)
        await until(lambda: [stack.id for stack in standin.stacks] == [2])
        assert (await client.get("/api/thumbnail.php?id=1")).status_code == 404
        assert (await client.get("/api/thumbnail.php?id=2")).status_code == 200
