"""One seed against every call of the server's clients, and against the watch of its list."""

import asyncio
import contextlib
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from server_replies import FITS, KEY, good_reply, mutated_reply

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import ServerSettings, StorageSettings
from crowdsky_tui.night.background import server_watch
from crowdsky_tui.night.night import Night
from crowdsky_tui.progress.server_rows import stack_rows
from crowdsky_tui.services.crowdsky.archive import Archive
from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
from crowdsky_tui.services.http.limits import Limits, Patience
from crowdsky_tui.store.store import ServerState
from crowdsky_tui.tui.format.server_rows import ORDERS, cells, words

BRIEF = Patience(2.0, 1.0, 1.0)
LIMITS = Limits(
    query=BRIEF,
    download=BRIEF,
    upload=BRIEF,
    raw_file=BRIEF,
    finalize=BRIEF,
    finalize_overwrite=BRIEF,
    coverage=BRIEF,
    attempts=1,
)
CALL_S = 20.0
"""What no call may take, whatever it is answered."""
ZONES = (None, UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12)))
Call = Callable[[CrowdSkyServer, Archive, Path], Awaitable[Any]]
CALLS: dict[str, Call] = {
    "my_stacks.php": lambda server, _archive, _folder: server.list_stacks(),
    "upload_stack.php": lambda server, _archive, folder: server.upload_stack(folder / "a.fit"),
    "raw_upload.php?action=start": lambda server, _archive, _folder: server.raw_start_session(),
    "raw_upload.php?action=file": lambda server, _archive, folder: server.raw_upload_file(
        "t", folder / "a.fit"
    ),
    "raw_upload.php?action=finalize": lambda server, _archive, _folder: server.raw_finalize("t"),
    "frames_by_healpix.php": lambda _server, archive, _folder: archive.frames_by_healpix(6478),
    "frame_stars.php": lambda _server, archive, _folder: archive.frame_stars(7),
    "thumbnail.php": lambda server, _archive, _folder: server.thumbnail(7),
    "download_stack.php": lambda server, _archive, folder: server.download_stack(KEY, folder),
    "download_frame.php": lambda _server, archive, folder: archive.download_frame(7, folder),
    "sky_coverage.php": lambda _server, archive, _folder: archive.sky_coverage(),
}


class OddServer:
    """Answers every request as `random` says, or rightly once `good` is set."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.good = False
        self.sent = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            endpoint = _endpoint(head)
            length = [line for line in head.split("\r\n") if line.lower().startswith("content-l")]
            if length:
                await reader.readexactly(int(length[0].partition(":")[2]))
            self.sent = good_reply(endpoint) if self.good else mutated_reply(self.random, endpoint)
            writer.write(self.sent)
            await writer.drain()
        writer.close()


def _endpoint(head: str) -> str:
    path, _, query = head.split(" ")[1].rpartition("/")[2].partition("?")
    return f"{path}?{query}" if path == "raw_upload.php" else path


@contextlib.asynccontextmanager
async def odd_server(random: Random) -> AsyncIterator[tuple[OddServer, str]]:
    odd = OddServer(random)
    server = await asyncio.start_server(odd.serve, "127.0.0.1", 0, limit=2**22)
    async with server:
        yield odd, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def fuzz_server(seed: int, folder: Path, rounds: int = 20) -> list[str]:
    """Every call, `rounds` times each, then once answered rightly; what went wrong."""
    problems: list[str] = []
    (folder / "a.fit").write_bytes(FITS)
    async with odd_server(Random(seed)) as (odd, url):
        server = CrowdSkyServer(url, "alice", "secret", limits=LIMITS)
        archive = Archive(url, "csk_key", limits=LIMITS)
        try:
            for number in range(rounds + 1):
                odd.good = number == rounds
                for name, call in CALLS.items():
                    for left in (*folder.glob("*.fits"), *folder.glob("*.part")):
                        left.unlink()
                    problem = await _tried(partial(call, server, archive, folder), odd)
                    if problem:
                        problems.append(f"{name}, seed {seed}, round {number}: {problem}")
                    if list(folder.glob("*.part")):
                        problems.append(f"{name}, seed {seed}, round {number}: a part is left")
        finally:
            await server.close()
            await archive.close()
    return problems


async def _tried(call: Callable[[], Awaitable[Any]], odd: OddServer) -> str:
    """What went wrong in one call; "" for an answer or an error of ours with a clean sentence."""
    try:
        async with asyncio.timeout(CALL_S):
            answer = await call()
            if isinstance(answer, list):
                _show(answer)
    except CrowdSkyError as error:
        if odd.good or not str(error).isprintable():
            return f"{error!r} {error}"
    except Exception:  # noqa: BLE001 - what it is, is the finding
        return f"{traceback.format_exc()}\nafter {odd.sent[:600]!r}"
    return ""


def _show(rows: list[Any]) -> None:
    """Make of rows what the server pane shows of them, as a clock of any zone has it."""
    if not all(hasattr(row, "telescope_id") for row in rows):
        return
    shown = stack_rows(rows, {})
    for row in shown:
        for zone in ZONES:
            cells(row, datetime(2026, 7, 25, tzinfo=UTC), zone)
        words(row)
    for order in ORDERS:
        sorted(shown, key=order.key)
    msgspec.json.encode(shown)


async def fuzz_watch(seed: int, folder: Path, looks: int = 40) -> list[str]:
    """The watch of the server's list in a whole night: it looks on, and sees when all is well."""
    async with odd_server(Random(seed)) as (odd, url):
        storage = StorageSettings(str(folder / "state"), str(folder / "downloads"))
        night = Night(Settings(server=ServerSettings(url, "alice", "secret"), storage=storage))
        served, pause = 0, server_watch.LOOK_EVERY_S
        serve = odd.serve

        async def counted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal served
            served += 1
            await serve(reader, writer)

        odd.serve = counted  # type: ignore[method-assign]
        server_watch.LOOK_EVERY_S = 0.01
        try:
            async with night:
                await night.start()
                try:
                    async with asyncio.timeout(60 + 2 * looks):
                        while night.listing.listed_at is None and served < looks:
                            await asyncio.sleep(0.02)
                        odd.good = True
                        view = None
                        while view is None or view.state is not ServerState.OK or not view.stacks:
                            await asyncio.sleep(0.02)
                            view = night.store.server
                except TimeoutError:
                    return [f"the watch, seed {seed}: it looked {served} times and then no more"]
                faults = [line.text for line in night.store.log if "a fault" in line.text]
                return [f"the watch, seed {seed}: {line}" for line in faults]
        finally:
            server_watch.LOOK_EVERY_S = pause
