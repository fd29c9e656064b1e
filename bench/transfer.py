"""Downloads from a telescope and uploads to the server, beside curl, to the same stand-ins.

Each of ours ends with fsync, rename and fsync of the folder (downloads; curl's are given the same)
or a parsed receipt (uploads). curl's own word on its time counts, so its start is not in it.
"""

import asyncio
import os
import tempfile
import time
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bench import floor
from bench.figures import Figure, compared, spread
from bench.setup import standins
from bench.system import forget_peak, has_proc, memory_mib, missing, peak_mib, tool
from bench.work import write_fits
from crowdsky_tui.instruments.seestar.files.access import files_in_folder
from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
from crowdsky_tui.services.telescope_org import download as remote_download
from crowdsky_tui.services.telescope_org.session import Session

GROUP = "Transfer"
RUNS = 7
NAME = "CrowdSky_78_M 81_10.0s_LP_20260227.72_HP006478.fit"


def run(quick: bool) -> list[Figure]:
    """All figures of this group."""
    sizes = (12,) if quick else (12, 50)
    with (
        standins("--scopes", "1", "--files", "10", "--idle-server") as config,
        tempfile.TemporaryDirectory(prefix="crowdsky-bench-") as folder,
    ):
        settings = tomllib.loads(config.read_text(encoding="utf-8"))
        return asyncio.run(_all(settings, Path(folder), sizes))


async def _all(settings: dict[str, Any], folder: Path, sizes: tuple[int, ...]) -> list[Figure]:
    return [
        figure
        for size in sizes
        for measure in (_downloads, _remote_downloads, _uploads)
        async for figure in measure(settings, folder, size)
    ]


async def _downloads(settings: dict[str, Any], folder: Path, size: int) -> AsyncIterator[Figure]:
    scope = settings["scopes"][0]
    root = Path(scope["folder"])
    path = f"MyWorks/M 81/{NAME}"
    (root / path).unlink(missing_ok=True)
    write_fits(root / path, size)
    files = files_in_folder(root, scope["host"], scope["http_port"])
    here, there = folder / "ours.fit", folder / "curl.fit"
    url = f"http://{scope['host']}:{scope['http_port']}/{quote(path)}"

    async def ours() -> None:
        here.unlink(missing_ok=True)
        await files.download(path, here)

    def curl() -> float:
        took = floor.curl_ms("-o", str(there), url)
        begun = time.perf_counter()
        _durable(there)
        return took + (time.perf_counter() - begun) * 1000

    floor_name = "curl -o, fsync, rename, fsync"
    async for figure in _beside(f"download, {size} MB", ours, curl, floor_name):
        yield figure
    assert here.read_bytes() == (root / path).read_bytes()
    await files.close()


async def _remote_downloads(
    settings: dict[str, Any], folder: Path, size: int
) -> AsyncIterator[Figure]:
    """The bytes of a picture as the client of telescope.org takes them, from the same server."""
    scope = settings["scopes"][0]
    address = f"http://{scope['host']}:{scope['http_port']}"
    path = "/" + quote(f"MyWorks/M 81/{NAME}")
    part, here, there = (folder / name for name in ("remote.part", "remote.fits", "curl.fits"))
    session = Session(None, "crowdsky-tui bench", url=address, between_s=0.0)
    session.signed_in = True  # this server wants no login

    async def ours() -> None:
        async with session.file("the picture", path) as reply:
            await remote_download._received(reply, part, "the picture", None, None)
        await asyncio.to_thread(remote_download._settle, part, here)

    def curl() -> float:
        took = floor.curl_ms("-o", str(there), f"{address}{path}")
        begun = time.perf_counter()
        _durable(there)
        return took + (time.perf_counter() - begun) * 1000

    floor_name = "curl -o, fsync, rename, fsync"
    async for figure in _beside(f"telescope.org picture, {size} MB", ours, curl, floor_name):
        yield figure
    assert here.stat().st_size == (Path(scope["folder"]) / f"MyWorks/M 81/{NAME}").stat().st_size
    await session.close()


def _durable(path: Path) -> None:
    """What ours does at the end of a download: sync the file, give it its name, sync the folder."""
    named = path.with_suffix(".named")
    for each in (path, path.parent):
        descriptor = os.open(each, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        if each == path:
            path.replace(named)


async def _uploads(settings: dict[str, Any], folder: Path, size: int) -> AsyncIterator[Figure]:
    account = settings["server"]
    path = write_fits(folder / NAME, size)
    server = CrowdSkyServer(account["url"], account["username"], account["password"])
    login = f"{account['username']}:{account['password']}"
    form = ("-u", login, "-H", "Expect:", "-o", os.devnull, "-F", f"file=@{path}")

    async def ours() -> None:
        receipt = await server.upload_stack(path)
        assert receipt.ok

    def curl() -> float:
        return floor.curl_ms(*form, f"{account['url']}/api/upload_stack.php")

    async for figure in _beside(f"upload, {size} MB", ours, curl, "curl -F"):
        yield figure
    await server.close()


async def _beside(
    what: str, ours: Callable[[], Awaitable[None]], curl: Callable[[], float], floor_name: str
) -> AsyncIterator[Figure]:
    """Time both in turns; then what the memory of this process did while ours ran."""
    await ours()
    if not tool("curl"):
        yield Figure(GROUP, what, missing=missing("curl"))
        return
    await asyncio.to_thread(curl)
    times, floors = [], []
    for _ in range(RUNS):
        begun = time.perf_counter()
        await ours()
        times.append((time.perf_counter() - begun) * 1000)
        floors.append(await asyncio.to_thread(curl))
    yield compared(
        GROUP,
        what,
        times,
        floors,
        floor_name=floor_name,
        speed=True,
        budget="transfer",
        command="files.download, server.upload_stack",
        notes="the ratio is of speeds",
    )
    if has_proc():
        before = memory_mib(os.getpid())[0]
        forget_peak()
        await ours()
        yield Figure(
            GROUP,
            f"memory while: {what}",
            "MiB",
            spread([max(peak_mib() - before, 0)]),
            budget="transfer-memory",
        )
