"""Each rule of the server's client that says *only, never, first, until*, under its own name."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from server_raw import (
    FITS_HEAD,
    HURRIED,
    PAGE,
    RECEIPT,
    SECRET,
    RawServer,
    Script,
    hang,
    reply,
    sparse_fits,
    vanish,
)

from crowdsky_tui.base.errors import (
    AuthRefused,
    CrowdSkyError,
    FileInTheWay,
    NetworkDown,
    NotFound,
    ProtocolError,
    RateLimited,
    Rejected,
    ServerError,
    ServerUnavailable,
    TooLarge,
    UploadInDoubt,
    UsageError,
)
from crowdsky_tui.config.rate_schedule import parse_timetable
from crowdsky_tui.config.schema import NetworkSettings
from crowdsky_tui.services.crowdsky.archive import Archive
from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
from crowdsky_tui.services.crowdsky.download import PartFile, check_keys
from crowdsky_tui.services.http.connection import Connection
from crowdsky_tui.services.http.credentials import BasicLogin
from crowdsky_tui.services.http.rate import BURST_S, SMALLEST_PIECE, Pace

KEY = "20260724.84_HP006478"
Act = Callable[[CrowdSkyServer, Path], Awaitable[object]]
ACTS: dict[str, Act] = {
    "upload_stack": lambda server, path: server.upload_stack(path),
    "raw_upload_file": lambda server, path: server.raw_upload_file("t", path),
    "raw_finalize": lambda server, _path: server.raw_finalize("t"),
}


def connection(total_s: float = 2.0, attempts: int = 3) -> Connection:
    limits = msgspec.structs.replace(HURRIED, total_s=total_s, attempts=attempts)
    return Connection("https://crowdsky.example", BasicLogin("alice", SECRET), "x", limits)


@pytest.fixture
def fits(tmp_path: Path) -> Path:
    return sparse_fits(tmp_path / "a.fit", 2880)


# connection.py


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://crowdsky.example/below", True),
        ("https://crowdsky.example:443", True),
        ("https://crowdsky.example:8443", False),
        ("https://other.example", False),
        ("https://crowdsky.example.evil.example", False),
        ("http://127.0.0.1", False),
    ],
)
def test_the_secret_leaves_only_for_the_host_it_was_given_for(url: str, kept: bool) -> None:
    one = connection()
    one.set_base_url(url)
    assert (one.credentials.secret == SECRET) is kept


@pytest.mark.parametrize("act", ACTS)
async def test_nothing_is_sent_before_there_is_something_to_sign_with(act: str, fits: Path) -> None:
    async with RawServer(reply(200, RECEIPT)) as raw:
        for login in (("alice", ""), ("", SECRET)):
            server = CrowdSkyServer(raw.url, *login, limits=HURRIED)
            with pytest.raises(AuthRefused):
                await ACTS[act](server, fits)
            await server.close()
        archive = Archive(raw.url, "", limits=HURRIED)
        with pytest.raises(AuthRefused):
            await archive.frames_by_healpix(1)
        await archive.close()
        assert raw.asked == []


@pytest.mark.parametrize(
    ("error", "again"),
    [
        *((kind("x"), True) for kind in (NetworkDown, ServerUnavailable, RateLimited)),
        *((kind("x"), False) for kind in (AuthRefused, NotFound, Rejected, TooLarge)),
        *((kind("x"), False) for kind in (ProtocolError, UploadInDoubt, ServerError)),
        *((kind("x"), False) for kind in (UsageError, FileInTheWay)),
        *((error, False) for error in (ValueError("x"), OSError("x"), TimeoutError("x"))),
    ],
)
async def test_only_network_429_and_5xx_errors_are_tried_again(
    error: Exception, again: bool
) -> None:
    calls = 0

    async def call() -> None:
        nonlocal calls
        calls += 1
        raise error

    with pytest.raises(type(error)):
        await connection(attempts=3).retried(call)
    assert calls == (3 if again else 1)


@pytest.mark.parametrize("script", [reply(503), reply(500), reply(429), vanish, hang])
@pytest.mark.parametrize("act", ACTS)
async def test_only_idempotent_calls_are_repeated(act: str, script: Script, fits: Path) -> None:
    async with RawServer(script) as raw:
        with pytest.raises(CrowdSkyError):
            await ACTS[act](raw.client(), fits)
        assert len(raw.asked) == 1


async def test_a_retry_after_is_waited_for_unless_it_is_past_what_is_left() -> None:
    begun, calls = time.monotonic(), 0

    async def call() -> str:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.4)
        if calls == 1:
            raise RateLimited("x", retry_after=0.5)
        return "done"

    assert await connection(total_s=1.5).retried(call, 1.5) == "done"
    assert time.monotonic() - begun >= 1.2
    calls = 0
    with pytest.raises(RateLimited):
        await connection(total_s=0.8).retried(call, 0.8)
    assert calls == 1, "0.4 s are used up, 0.5 more are past 0.8"


async def test_the_waits_between_attempts_grow() -> None:
    moments: list[float] = []

    async def call() -> None:
        moments.append(time.monotonic())
        raise NetworkDown("x")

    limits = msgspec.structs.replace(
        HURRIED, attempts=4, total_s=20.0, first_wait_s=0.1, longest_wait_s=5.0
    )
    one = Connection("https://x.example", BasicLogin("a", SECRET), "x", limits)
    with pytest.raises(NetworkDown):
        await one.retried(call)
    first, *_, last = [after - before for before, after in itertools.pairwise(moments)]
    assert last > first and last >= 0.4


# sending.py


@pytest.mark.parametrize("act", ["raw_finalize"])
@pytest.mark.parametrize("script", [vanish, hang, reply(500), reply(502, PAGE), reply(404, PAGE)])
async def test_only_a_connection_that_was_never_made_is_certain_not_to_have_carried_a_deed(
    act: str, script: Script, fits: Path
) -> None:
    async with RawServer(script) as raw:
        server = raw.client()
        with pytest.raises(UploadInDoubt):
            await ACTS[act](server, fits)
    server = CrowdSkyServer(raw.url, "alice", SECRET, limits=HURRIED)  # nobody is there any more
    with pytest.raises(NetworkDown):
        await ACTS[act](server, fits)
    await server.close()


async def test_a_404_counts_only_if_it_gives_the_servers_reason() -> None:
    async with RawServer(reply(404, b'{"error":"Session not found."}'), reply(404)) as raw:
        with pytest.raises(NotFound):
            await raw.client().raw_finalize("t")
        with pytest.raises(UploadInDoubt):
            await raw.client().raw_finalize("t")


async def test_a_proxy_that_makes_no_way_has_carried_no_deed(fits: Path) -> None:
    async with RawServer(reply(407)) as raw:
        proxy = NetworkSettings(f"http://127.0.0.1:{raw.port}")
        server = CrowdSkyServer(
            "https://crowdsky.example", "alice", SECRET, limits=HURRIED, network=proxy
        )
        for act in ACTS.values():
            with pytest.raises(NetworkDown):
                await act(server, fits)
        await server.close()


async def test_the_last_piece_leaves_only_after_it_was_noted(fits: Path) -> None:
    noted: list[int] = []
    async with RawServer(reply(200, RECEIPT)) as raw:

        async def note() -> None:
            await asyncio.sleep(0.2)
            noted.append(sum(len(asked.body) for asked in raw.asked))

        await raw.client().upload_stack(fits, before_last_byte=note)
        assert noted == [0], "the server has not read the whole form when it is noted"
        assert len(raw.asked[0].body) > 2880


# rate.py


async def test_uploads_that_wait_together_take_turns() -> None:
    pace, order = Pace(parse_timetable("40k")), []

    async def send(name: str) -> None:
        for _ in range(3):
            await pace.admit(4096)
            order.append(name)

    await asyncio.gather(send("a"), send("b"))
    assert order == ["a", "b"] * 3


async def test_all_uploads_together_are_never_faster_than_the_limit() -> None:
    pace, begun = Pace(parse_timetable("100k")), time.monotonic()

    async def send() -> None:
        for _ in range(4):
            await pace.admit(10 * 1024)

    await asyncio.gather(send(), send())
    assert time.monotonic() - begun >= 0.7 - 0.05  # 80 KiB, the first piece at once


async def test_a_pause_earns_no_burst() -> None:
    pace = Pace(parse_timetable("100k"))
    await pace.admit(1024)
    await asyncio.sleep(0.5)
    begun = time.monotonic()
    for _ in range(4):
        await pace.admit(10 * 1024)
    assert time.monotonic() - begun >= 0.28


def test_a_piece_is_never_larger_than_asked_nor_than_a_quarter_second() -> None:
    pace = Pace(parse_timetable("400k"))
    assert pace.piece(1000) == 1000
    assert pace.piece(10**9) == int(400 * 1024 * BURST_S)
    assert Pace(parse_timetable("1k")).piece(10**9) == SMALLEST_PIECE
    assert Pace().piece(10**9) == 10**9


async def test_without_a_limit_nothing_ever_waits() -> None:
    begun = time.monotonic()
    for _ in range(1000):
        await Pace().admit(10**9)
    assert time.monotonic() - begun < 1.0


# download.py


def test_each_key_is_fetched_only_once() -> None:
    other = "20260724.85_HP006478"
    assert check_keys([KEY, other, KEY]) == [KEY, other]


@pytest.mark.parametrize("body", [PAGE, b"SIMPL", b"", b'{"error":"x"}', b"x" * 10**6])
async def test_nothing_is_written_before_it_begins_as_a_fits_file(
    body: bytes, tmp_path: Path
) -> None:
    written: list[Path] = []

    class Watched(PartFile):
        def _write(self, piece: bytes) -> None:
            written.append(self._part)
            super()._write(piece)

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 100_000):
            yield body[start : start + 100_000]

    with pytest.raises((Rejected, ProtocolError)):
        async with Watched(tmp_path / "a.fits") as part:
            await part.fill(pieces())
            await part.keep(None)
    assert written == [] and list(tmp_path.iterdir()) == []


async def test_a_file_appears_only_when_its_check_lets_it_pass(tmp_path: Path) -> None:
    seen: list[tuple[bool, bool]] = []

    async def refuses(part: Path) -> None:
        seen.append((part.exists(), (tmp_path / "a.fits").exists()))
        raise Rejected("not this one")

    async def pieces() -> AsyncIterator[bytes]:
        yield FITS_HEAD

    with pytest.raises(Rejected):
        async with PartFile(tmp_path / "a.fits") as part:
            await part.fill(pieces())
            await part.keep(len(FITS_HEAD), refuses)
    assert seen == [(True, False)]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("expected", [2879, 2881, 0])
async def test_a_file_of_another_length_than_announced_is_never_kept(
    expected: int, tmp_path: Path
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield FITS_HEAD

    with pytest.raises(ProtocolError):
        async with PartFile(tmp_path / "a.fits") as part:
            await part.fill(pieces())
            await part.keep(expected)
    assert list(tmp_path.iterdir()) == []
