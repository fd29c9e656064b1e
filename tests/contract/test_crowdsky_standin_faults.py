"""Every fault of the CrowdSky stand-in happens when it is asked for, and as it is described."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from crowdsky_kit import HEADER, KEY, client_of, stack_bytes, starter, until, upload

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.crowdsky import gate
from crowdsky_tui.simulator.crowdsky.faults import KINDS, parse_fault
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn, Fault, Stack

ROW = Stack(object_name="M 81", telescope_id="S50_8a95aa90", chunk_key=KEY, total_exptime=410.5)
LIST = "/api/my_stacks.php"
DOWNLOAD = f"/api/download_stack.php?chunk_key={KEY}"


@pytest.fixture
async def standin(tmp_path: Path) -> AsyncIterator[CrowdSkyStandIn]:
    async with starter(tmp_path) as start:
        yield await start()


@pytest.fixture
async def client(standin: CrowdSkyStandIn) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(standin) as one:
        yield one


@pytest.fixture
async def product(standin: CrowdSkyStandIn, client: httpx.AsyncClient) -> bytes:
    """The one stack on the server, as it is downloaded without a fault."""
    await upload(client)
    await until(lambda: len(standin.stacks) == 1)
    return (await client.get(DOWNLOAD)).content


def test_every_kind_has_its_handler() -> None:
    assert set(gate._HANDLERS) == set(KINDS)


@pytest.mark.parametrize(
    ("status", "kind", "starts"),
    [
        (400, "application/json", b'{"error"'),
        (401, "application/json", b'{"error"'),
        (409, "application/json", b'{"error"'),
        (429, "application/json", b'{"error"'),
        (413, "text/html; charset=utf-8", b"<html>"),
        (500, "text/html; charset=utf-8", b""),
        (502, "text/html; charset=utf-8", b"<html>"),
        (503, "text/html; charset=utf-8", b"<html>"),
    ],
)
async def test_status(
    standin: CrowdSkyStandIn,
    client: httpx.AsyncClient,
    status: int,
    kind: str,
    starts: bytes,
) -> None:
    standin.faults.add("upload_stack", Fault(kind="status", status=status, text=None))
    reply = await upload(client)
    assert reply.status_code == status
    assert reply.headers["content-type"] == kind
    assert reply.content.startswith(starts)
    assert (reply.content == b"") == (status == 500)
    assert standin.jobs == []
    assert standin.requests["upload_stack"].bytes_in > len(stack_bytes())


async def test_status_with_text_and_retry_after(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient
) -> None:
    moment = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
    for retry_after in (120, moment):
        fault = Fault(kind="status", status=429, text="Slow down.", retry_after=retry_after)
        standin.faults.add("my_stacks", fault)
    first, second = await client.get(LIST), await client.get(LIST)
    assert (first.headers["retry-after"], first.json()) == ("120", {"error": "Slow down."})
    assert second.headers["retry-after"] == "Fri, 20 Nov 2026 21:00:00 GMT"


async def test_nth_and_times(standin: CrowdSkyStandIn, client: httpx.AsyncClient) -> None:
    await client.get(LIST)
    standin.faults.add("my_stacks", Fault(kind="status", status=503), nth=2, times=2)
    seen = [(await client.get(LIST)).status_code for _ in range(4)]
    assert seen == [200, 503, 503, 200]
    standin.faults.add("my_stacks", Fault(kind="status", status=502), times=None)
    assert {(await client.get(LIST)).status_code for _ in range(5)} == {502}
    assert (await client.get("/api/thumbnail.php?id=1")).status_code == 404
    standin.faults.clear()
    assert (await client.get(LIST)).status_code == 200


@pytest.mark.parametrize(
    ("endpoint", "kind", "nth"),
    [
        ("my_stack", "html", 1),
        ("my_stacks", "htm", 1),
        ("worker", "html", 1),
        ("my_stacks", "html", 0),
    ],
)
def test_a_slip_in_a_fault_is_an_error(endpoint: str, kind: str, nth: int, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        CrowdSkyStandIn(tmp_path, Clock()).faults.add(endpoint, Fault(kind=kind), nth=nth)


async def test_html_and_redirect_and_error_in_200(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient
) -> None:
    for kind in ("html", "redirect", "error_in_200"):
        standin.faults.add("my_stacks", Fault(kind=kind))
    page, away, error = [await client.get(LIST) for _ in range(3)]
    assert (page.status_code, page.text[:15]) == (200, "<!DOCTYPE html>")
    assert (away.status_code, away.headers["location"]) == (302, "/login.php")
    assert (error.status_code, list(error.json())) == (200, ["error"])


async def test_reset_does_not_act(standin: CrowdSkyStandIn, client: httpx.AsyncClient) -> None:
    standin.faults.add("upload_stack", Fault(kind="reset"))
    with pytest.raises(httpx.ReadError):
        await upload(client)
    assert standin.jobs == []
    assert (await upload(client)).status_code == 200


async def test_reset_in_the_middle_of_an_upload(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient
) -> None:
    content = stack_bytes(width=1080, height=1920)
    standin.faults.add("upload_stack", Fault(kind="reset_upload", size=200_000))
    with pytest.raises((httpx.WriteError, httpx.ReadError)):
        await upload(client, content)
    assert standin.jobs == []
    assert 200_000 < standin.requests["upload_stack"].bytes_in < len(content)


async def test_lost_reply_has_acted(standin: CrowdSkyStandIn, client: httpx.AsyncClient) -> None:
    standin.faults.add("upload_stack", Fault(kind="lost_reply"))
    with pytest.raises(httpx.RemoteProtocolError):
        await upload(client)
    await until(lambda: len(standin.stacks) == 1)


async def test_slow_first_byte(standin: CrowdSkyStandIn, client: httpx.AsyncClient) -> None:
    standin.faults.add("my_stacks", Fault(kind="slow_first_byte", delay_s=0.4), times=2)
    begun = time.monotonic()
    assert (await client.get(LIST)).status_code == 200
    assert time.monotonic() - begun >= 0.4
    with pytest.raises(httpx.ReadTimeout):
        await client.get(LIST, timeout=0.1)
    await until(lambda: standin.requests["my_stacks"].open == 0, patience_s=2)


async def test_slow_body(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient, product: bytes
) -> None:
    size = len(product) // 3
    standin.faults.add("download_stack", Fault(kind="slow_body", size=size, delay_s=0.1))
    begun = time.monotonic()
    assert (await client.get(DOWNLOAD)).content == product
    assert time.monotonic() - begun >= 0.2


@pytest.mark.parametrize("size", [None, 5000])
async def test_truncate_breaks_off_and_short_hides_it(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient, product: bytes, size: int | None
) -> None:
    for kind in ("truncate", "short"):
        standin.faults.add("download_stack", Fault(kind=kind, size=size))
    body = b""
    with pytest.raises(httpx.RemoteProtocolError):
        async with client.stream("GET", DOWNLOAD) as reply:
            assert int(reply.headers["content-length"]) == len(product)
            async for piece in reply.aiter_raw():
                body += piece
    expected = product[: size or len(product) // 2]
    assert body == expected
    assert (await client.get(DOWNLOAD)).content == expected


async def test_reset_reply(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient, product: bytes
) -> None:
    standin.faults.add("download_stack", Fault(kind="reset_reply", size=2880))
    with pytest.raises(httpx.ReadError):
        await client.get(DOWNLOAD)


async def test_storage_error_is_called_fits(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient
) -> None:
    standin.faults.add("download_stack", Fault(kind="storage_error"))
    reply = await client.get(DOWNLOAD)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/fits")
    assert reply.content.startswith(b"<?xml")


@pytest.mark.parametrize(
    "value",
    [
        'attachment; filename="../../x"',
        'attachment; filename="/abs/x"',
        "attachment; filename=\"a\"; filename*=UTF-8''%2e%2e%2fx",
        'attachment; filename="é.fits"',
        "",
    ],
)
async def test_disposition(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient, product: bytes, value: str
) -> None:
    standin.faults.add("download_stack", Fault(kind="disposition", text=value))
    reply = await client.get(DOWNLOAD)
    raw = {name.lower(): text for name, text in reply.headers.raw}
    assert raw.get(b"content-disposition", b"").decode() == value
    assert reply.content == product


async def test_odd_rows(standin: CrowdSkyStandIn, client: httpx.AsyncClient) -> None:
    await standin.seed([ROW])
    for kind in ("rows_null", "rows_text", "rows_int_telescope", "no_hp"):
        standin.faults.add("my_stacks", Fault(kind=kind))
    null, text, telescope, no_hp = [(await client.get(LIST)).json()[0] for _ in range(4)]
    assert (null["object_name"], null["telescope_id"], null["id"]) == (None, None, 1)
    assert (text["id"], text["total_exptime"]) == ("1", "410.5")
    assert telescope["telescope_id"] == 7
    assert no_hp["chunk_key"] == KEY.partition("_")[0]


async def test_no_hp_in_the_upload_reply(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient
) -> None:
    standin.faults.add("upload_stack", Fault(kind="no_hp"), times=2)
    assert (await upload(client)).json()["chunk_key"] == KEY.partition("_")[0]
    assert standin.jobs[0].stack.chunk_key == KEY
    assert (await upload(client, b"none")).json() == {"error": "Invalid FITS file (bad header)."}


async def test_the_worker_can_fail_one_job_and_finish_the_next(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient
) -> None:
    standin.faults.add("worker", Fault(kind="stuck"))
    standin.faults.add("worker", Fault(kind="limbo"))
    for filter_name in ("LP", "IRCUT", HEADER["FILTER"]):
        await upload(client, stack_bytes(FILTER=filter_name))
    await until(lambda: len(standin.stacks) == 1)
    assert [job.status for job in standin.jobs] == ["processing", "retry", "completed"]


async def test_the_worker_can_be_paused(
    standin: CrowdSkyStandIn, client: httpx.AsyncClient
) -> None:
    standin.worker.paused = True
    await upload(client)
    with pytest.raises(AssertionError):
        await until(lambda: bool(standin.stacks), patience_s=0.3)
    standin.worker.paused = False
    await until(lambda: len(standin.stacks) == 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my_stacks:html", ("my_stacks", Fault("html"), 1, 1)),
        ("upload_stack:503:2", ("upload_stack", Fault("status", status=503), 2, 1)),
        ("worker:stuck:*", ("worker", Fault("stuck"), 1, None)),
        ("my_stacks:429,retry_after=5", ("my_stacks", Fault("status", 429, None, 5.0), 1, 1)),
        (
            "download_stack:slow_body:*,size=100,delay_s=0.5",
            ("download_stack", Fault("slow_body", delay_s=0.5, size=100), 1, None),
        ),
    ],
)
def test_faults_as_the_command_line_names_them(text: str, expected: tuple[object, ...]) -> None:
    assert parse_fault(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("my_stacks", "my_stacks:nope", "nope:html", "my_stacks:html:x"),
        *("my_stacks:html,size", "my_stacks:html,size=x", "my_stacks:html,nope=1"),
    ],
)
def test_faults_with_a_slip(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        CrowdSkyStandIn(tmp_path, Clock()).faults.add(*parse_fault(text))
