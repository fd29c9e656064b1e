"""Every endpoint under every fault: the right class of outcome, in time, and nothing sent twice."""

import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from raw_kit import KEY, LIMITS, PIXEL, standin_at, until, write_light, write_lights

from crowdsky_tui.base.errors import (
    AuthRefused,
    CrowdSkyError,
    NetworkDown,
    NotFound,
    ProtocolError,
    RateLimited,
    Rejected,
    ServerUnavailable,
    TooLarge,
    UploadInDoubt,
)
from crowdsky_tui.services.crowdsky.archive import Archive
from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
from crowdsky_tui.services.http.connection import Connection
from crowdsky_tui.services.http.limits import Limits
from crowdsky_tui.simulator.crowdsky.faults import ENDPOINTS, KINDS
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn, Fault

in_one_loop = pytest.mark.asyncio(loop_scope="module")
IN_TIME_S = 4.0  # two attempts, each with its own patience, and the pause between them
Error = type[CrowdSkyError]
REFUSALS: list[tuple[Fault, Error]] = [
    (Fault("status", 400, text="Bad\x1b[31m."), Rejected),
    (Fault("status", 401), AuthRefused),
    (Fault("status", 403), Rejected),
    (Fault("status", 404), NotFound),
    (Fault("status", 405), Rejected),
    (Fault("status", 409), Rejected),
    (Fault("status", 413), TooLarge),
    (Fault("status", 422), Rejected),
    (Fault("status", 429, retry_after=3600), RateLimited),
    (Fault("status", 503, retry_after=3600), ServerUnavailable),
    (Fault("status", 429, retry_after=datetime(2099, 1, 1, tzinfo=UTC)), RateLimited),
    (Fault("error_in_200"), Rejected),
]
STALLS: list[tuple[Fault, Error]] = [
    (Fault("slow_first_byte", delay_s=2.0), NetworkDown),
    (Fault("slow_body", size=1, delay_s=2.0), NetworkDown),
]
CRASHES: list[tuple[Fault, Error]] = [
    (Fault("status", 500), ServerUnavailable),
    (Fault("status", 502), ServerUnavailable),
    (Fault("status", 503), ServerUnavailable),
    (Fault("status", 504), ServerUnavailable),
    (Fault("reset"), NetworkDown),
    (Fault("lost_reply"), NetworkDown),
    (Fault("reset_reply", size=1), NetworkDown),
    (Fault("truncate", size=1), NetworkDown),
    *STALLS,
]
NONSENSE: list[tuple[Fault, Error]] = [
    (Fault("html"), ProtocolError),
    (Fault("empty"), ProtocolError),
    (Fault("redirect"), ProtocolError),
    (Fault("storage_error"), ProtocolError),
    (Fault("short", size=3), ProtocolError),
]
ACTED = {"lost_reply", "reset_reply", "truncate", "slow_first_byte", "slow_body", "short"}
HARMLESS = [
    *(Fault(kind) for kind in ("rows_null", "rows_text", "rows_int_telescope", "no_hp")),
    Fault("slow_body", size=2000, delay_s=0.01),
    Fault("disposition", text='attachment; filename="../../x.fits"'),
    Fault("disposition", text="attachment; filename=/abs/x"),
    Fault("disposition", text="attachment; filename=\"a\"; filename*=UTF-8''%2e%2e%2fx"),
    Fault("disposition", text=""),
]
ACTS = ("upload_stack", "raw_file", "raw_finalize")
LARGE = ("upload_stack", "raw_file")
READS = tuple(name for name in ENDPOINTS if name not in ACTS)


def connections_of(*clients: object) -> Iterator[Connection]:
    """Every connection that clients hold."""
    for client in clients:
        yield from (one for one in vars(client).values() if isinstance(one, Connection))


class ServerRig:
    """A stand-in with one finished stack, clients in a hurry, and a call for every endpoint."""

    def __init__(self, standin: CrowdSkyStandIn, folder: Path, url: str = "") -> None:
        self.standin = standin
        self.folder = folder
        self.client = CrowdSkyServer(
            url or standin.url, standin.username, standin.password, limits=LIMITS
        )
        self.archive = Archive(url or standin.url, standin.api_key, limits=LIMITS)
        self.token = ""
        self.frame = 0

    async def prepare(self) -> None:
        """Have one finished stack, so that everything that reads finds something."""
        token = await self.client.raw_start_session()
        for path in write_lights(self.folder, 2):
            await self.client.raw_upload_file(token, path)
        await self.client.raw_finalize(token)
        await until(lambda: len(self.standin.stacks) == 1)
        self.frame = self.standin.stacks[0].id
        self.standin.worker.paused = True
        self.light = write_light(self.folder / "Light.fit", DATE_OBS="2026-07-25T21:03:55")

    @contextmanager
    def patient(self) -> Iterator[None]:
        """Clients that wait as long as usual for the other side."""
        connections = list(connections_of(self.client, self.archive))
        assert connections
        before = [each.limits for each in connections]
        usual = Limits()
        for each in connections:
            each.limits = msgspec.structs.replace(
                each.limits, query=usual.query, download=usual.download, total_s=60
            )
        try:
            yield
        finally:
            for each, limits in zip(connections, before, strict=True):
                each.limits = limits

    async def close(self) -> None:
        await self.client.close()
        await self.archive.close()

    async def fresh_session(self, *, with_file: bool) -> None:
        self.token = await self.client.raw_start_session()
        if with_file:
            await self.client.raw_upload_file(self.token, self.light)

    def call(self, endpoint: str, down: Path) -> Callable[[], Awaitable[Any]]:
        client, archive = self.client, self.archive
        return {
            "my_stacks": lambda: client.list_stacks(),
            "thumbnail": lambda: client.thumbnail(self.frame),
            "download_stack": lambda: client.download_stack(KEY, down),
            "raw_start": lambda: client.raw_start_session(),
            "frames_by_healpix": lambda: archive.frames_by_healpix(PIXEL),
            "frame_stars": lambda: archive.frame_stars(self.frame),
            "sky_coverage": lambda: archive.sky_coverage(),
            "download_frame": lambda: archive.download_frame(self.frame, down),
            "upload_stack": lambda: client.upload_stack(self.light),
            "raw_file": lambda: client.raw_upload_file(self.token, self.light),
            "raw_finalize": lambda: client.raw_finalize(self.token),
        }[endpoint]

    def done(self, endpoint: str) -> int:
        """How often the server has done what an endpoint is for."""
        if endpoint == "raw_file":
            return sum(len(session.records) for session in self.standin.sessions)
        return len(self.standin.jobs)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServerRig]:
    folder = tmp_path_factory.mktemp("faults")
    async with standin_at(folder / "server") as standin:
        one = ServerRig(standin, folder)
        await one.prepare()
        yield one
        await one.close()


def named(rows: list[tuple[Fault, Error]]) -> list[Any]:
    return [pytest.param(*row, id=f"{row[0].kind}-{row[0].status}") for row in rows]


def test_the_matrix_is_full() -> None:
    """Every kind of fault and every status, at each of the 11 endpoints."""
    faults = [fault for fault, _ in (*REFUSALS, *CRASHES, *NONSENSE)]
    cells = {(endpoint, fault.kind) for endpoint in (*READS, *ACTS) for fault in faults}
    cells |= {(endpoint, fault.kind) for endpoint in ENDPOINTS for fault in HARMLESS}
    cells |= {(endpoint, "reset_upload") for endpoint in LARGE}
    without_body = set(ENDPOINTS) - set(LARGE)
    every = {(endpoint, kind) for endpoint in ENDPOINTS for kind in KINDS}
    assert every - cells == {(endpoint, "reset_upload") for endpoint in without_body}
    assert len(cells) == 11 * 18 + 2
    statuses = {fault.status for fault in faults if fault.kind == "status"}
    assert statuses == {400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 502, 503, 504}


@in_one_loop
@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_nobody_there_is_certain(rig: ServerRig, tmp_path: Path, endpoint: str) -> None:
    with socket.socket() as taken:  # bound and not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        away = ServerRig(rig.standin, rig.folder, url)
        away.light, away.frame = rig.light, rig.frame
        with pytest.raises(NetworkDown) as caught:
            await away.call(endpoint, tmp_path)()
        assert type(caught.value) is NetworkDown
        await away.close()
    assert list(tmp_path.iterdir()) == []


@in_one_loop
@pytest.mark.parametrize("endpoint", READS)
@pytest.mark.parametrize(("fault", "kind"), named([*REFUSALS, *CRASHES, *NONSENSE]))
async def test_what_only_reads(
    rig: ServerRig, tmp_path: Path, endpoint: str, fault: Fault, kind: Error
) -> None:
    if endpoint == "thumbnail" and fault.kind == "short":
        fault = Fault("short", size=1)  # a picture that is cut later is drawn as far as it goes
    down, traffic = tmp_path / "down", rig.standin.requests[endpoint]
    rig.standin.faults.add(endpoint, fault, times=None)
    before, begun = traffic.count, time.monotonic()
    try:
        with pytest.raises(kind) as caught:
            await rig.call(endpoint, down)()
    finally:
        rig.standin.faults.clear()
    assert time.monotonic() - begun < IN_TIME_S
    assert type(caught.value) is kind
    assert str(caught.value).isprintable()
    repeated = kind in {NetworkDown, ServerUnavailable, RateLimited} and not fault.retry_after
    assert traffic.count - before == (LIMITS.attempts if repeated else 1)
    assert not down.exists() or list(down.iterdir()) == []
    assert await rig.call(endpoint, down)()


@in_one_loop
@pytest.mark.parametrize("endpoint", READS)
@pytest.mark.parametrize(("fault", "kind"), named([each for each in CRASHES if each not in STALLS]))
async def test_one_stumble_is_got_over(
    rig: ServerRig, tmp_path: Path, endpoint: str, fault: Fault, kind: Error
) -> None:
    """Nothing here stands still, so the clients need no hurry that a busy machine would feel."""
    rig.standin.faults.add(endpoint, fault)
    with rig.patient():
        assert await rig.call(endpoint, tmp_path)()


@in_one_loop
@pytest.mark.parametrize("endpoint", ACTS)
@pytest.mark.parametrize(("fault", "kind"), named([*REFUSALS, *CRASHES, *NONSENSE]))
async def test_what_must_not_be_done_twice(
    rig: ServerRig, tmp_path: Path, endpoint: str, fault: Fault, kind: Error
) -> None:
    await rig.fresh_session(with_file=endpoint == "raw_finalize")
    certain = (fault, kind) in REFUSALS
    traffic = rig.standin.requests[endpoint]
    before, done, begun = traffic.count, rig.done(endpoint), time.monotonic()
    rig.standin.faults.add(endpoint, fault)
    with pytest.raises(kind if certain else UploadInDoubt) as caught:
        await rig.call(endpoint, tmp_path)()
    assert time.monotonic() - begun < IN_TIME_S
    assert str(caught.value).isprintable()
    assert isinstance(caught.value, UploadInDoubt) != certain
    assert traffic.count - before == 1
    await until(lambda: traffic.open == 0)
    assert rig.done(endpoint) - done == (1 if fault.kind in ACTED else 0)


@in_one_loop
@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("fault", HARMLESS, ids=lambda fault: f"{fault.kind}-{fault.text}")
async def test_what_does_no_harm(
    rig: ServerRig, tmp_path: Path, endpoint: str, fault: Fault
) -> None:
    if endpoint == "frame_stars" and fault.kind == "slow_body":
        fault = Fault("slow_body", size=100_000, delay_s=0.01)
    await rig.fresh_session(with_file=endpoint == "raw_finalize")
    rig.standin.faults.add(endpoint, fault)
    assert await rig.call(endpoint, tmp_path / "down")()
    inside = [path.parent for path in tmp_path.rglob("*.fits")]
    assert set(inside) <= {tmp_path / "down"}


@in_one_loop
@pytest.mark.parametrize("endpoint", LARGE)
async def test_a_break_before_the_last_byte_is_certain(
    rig: ServerRig, tmp_path: Path, endpoint: str
) -> None:
    large = write_light(tmp_path / "large.fit")
    with large.open("r+b") as file:
        file.truncate(20_000_000)
    await rig.fresh_session(with_file=False)
    done = rig.done(endpoint)
    rig.standin.faults.add(endpoint, Fault("reset_upload", size=100_000))
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "upload_stack": lambda: rig.client.upload_stack(large),
        "raw_file": lambda: rig.client.raw_upload_file(rig.token, large),
    }
    with pytest.raises(NetworkDown, match="was not uploaded"):
        await calls[endpoint]()
    assert rig.done(endpoint) == done
