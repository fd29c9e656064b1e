"""Listing a folder of many files: by the telescope's pages, and by its share."""

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import floor
from bench.figures import Figure, compared
from bench.made_up import light_names
from bench.samba import HOST, SHARE, samba
from bench.system import missing, tool
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import ScopeUnreachable
from crowdsky_tui.compute.client import Science
from crowdsky_tui.instruments.seestar.files.access import ScopeFileAccess, files_in_folder
from crowdsky_tui.instruments.seestar.files.smb import SmbShare
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.simulator.seestar.albums import Albums
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn

GROUP = "Work"
FOLDER = "M 81_sub"
RUNS = 5


def listings(count: int) -> Iterator[Figure]:
    """Both ways to list `count` sub-frames, and the mounted folder."""
    with tempfile.TemporaryDirectory(prefix="crowdsky-bench-") as root:
        fill(Path(root), count)
        yield asyncio.run(_pages(Path(root), count))
        yield asyncio.run(_mounted(Path(root), count))
    yield from _smb(count)


def fill(root: Path, count: int) -> None:
    """`count` empty sub-frames below `root`."""
    folder = root / "MyWorks" / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name in light_names(count):
        (folder / name).touch()


class _NoShare(ScopeFileAccess):
    """A telescope whose share does not answer: listings come from its pages."""

    async def list(self, folder: str) -> list:  # type: ignore[type-arg]
        raise ScopeUnreachable("the share is away")


def _remember_listings(albums: Albums) -> None:
    """Let the stand-in read its folder once: a page would cost it 50,000 names each time."""
    read, seen = albums._listing, {}

    def listing() -> "list[os.DirEntry[str]]":
        if albums._cursor not in seen:
            seen[albums._cursor] = read()
        return seen[albums._cursor]

    albums._listing = listing  # type: ignore[method-assign]


async def _pages(root: Path, count: int) -> Figure:
    scope = SeestarStandIn(root, Clock())
    _remember_listings(scope.albums)
    await scope.start()
    inner = files_in_folder(root)
    science = Science()
    service = SeestarService(
        "bench", scope.host, scope.rpc_port, _NoShare(inner._share), Clock(), science
    )
    await service.open()
    await service.wait_ready(10)
    ours, floors = [], []
    for run in range(RUNS + 1):
        begun = time.perf_counter()
        files = await service.list_folder(FOLDER)
        took = (time.perf_counter() - begun) * 1000
        bare, names = await asyncio.to_thread(
            floor.pages_ms, scope.host, scope.rpc_port, f"MyWorks/{FOLDER}"
        )
        assert len(files) == names == count, (len(files), names)
        if run:
            ours.append(took)
            floors.append(bare)
    await service.close()
    await science.close()
    await scope.stop()
    return compared(
        GROUP,
        f"listing {count:,} files by pages of 20",
        ours,
        floors,
        floor_name="the same pages over a bare socket",
        command="SeestarService.list_folder, share away",
        notes="stand-in and client share one process and one core's Python",
    )


async def _mounted(root: Path, count: int) -> Figure:
    files = files_in_folder(root)
    ours, floors = [], []
    for run in range(RUNS + 1):
        begun = time.perf_counter()
        listed = await files.list(f"MyWorks/{FOLDER}")
        took = (time.perf_counter() - begun) * 1000
        begun = time.perf_counter()
        with os.scandir(root / "MyWorks" / FOLDER) as entries:
            sizes = [entry.stat().st_size for entry in entries]
        bare = (time.perf_counter() - begun) * 1000
        assert len(listed) == len(sizes) == count
        if run:
            ours.append(took)
            floors.append(bare)
    return compared(
        GROUP,
        f"listing {count:,} files in a mounted folder",
        ours,
        floors,
        floor_name="os.scandir and stat",
        command="FolderShare.list",
    )


def _smb(count: int) -> Iterator[Figure]:
    name = f"listing {count:,} files over SMB"
    with samba() as share:
        if share is None:
            yield Figure(GROUP, name, missing=missing("smbd (Samba)"))
            return
        fill(share.root, count)
        ours = asyncio.run(_smb_times(share.port, count))
        if not tool("smbclient"):
            yield Figure(GROUP, name, missing=missing("smbclient"))
            return
        floors = [
            floor.smbclient_ms(HOST, share.port, SHARE, f"MyWorks/{FOLDER}") for _ in range(RUNS)
        ]
        yield compared(
            GROUP,
            name,
            ours,
            floors,
            floor_name="smbclient ls",
            command="SmbShare.list (pysmb)",
        )


async def _smb_times(port: int, count: int) -> list[float]:
    share = SmbShare(HOST, port)
    times = []
    for run in range(RUNS + 1):
        begun = time.perf_counter()
        listed = await share.list(f"MyWorks/{FOLDER}")
        assert len(listed) == count
        if run:
            times.append((time.perf_counter() - begun) * 1000)
    await share.close()
    return times
