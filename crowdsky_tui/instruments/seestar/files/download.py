"""Fetching a whole file: to `.part`, resumed, measured, synced, and only then under its name."""

import asyncio
import contextlib
import errno
import os
import shutil
from collections.abc import Sequence
from functools import partial
from io import FileIO
from pathlib import Path

from crowdsky_tui.base.absent_disk import make_folders
from crowdsky_tui.base.errors import (
    CrowdSkyError,
    DiskFull,
    FileDamaged,
    NotFoundOnScope,
    ScopeUnreachable,
)
from crowdsky_tui.base.files import move_whole, sync
from crowdsky_tui.base.text import clean
from crowdsky_tui.base.threads import to_its_end
from crowdsky_tui.instruments.seestar.files.files import Progress, Reader
from crowdsky_tui.instruments.seestar.files.gathered_writes import GatheredWrites

ATTEMPTS = 5
OVERLAP_BYTES = 64 * 1024
LEAST_BYTES = 64 * 1024
"""What a request has to bring, or the rest, to be followed by another to the same reader."""
SPARE_BYTES = 8 * 1024 * 1024
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_RETRIED = (FileDamaged, ScopeUnreachable, NotFoundOnScope)  # one reader may not have it yet


async def download(
    readers: Sequence[Reader], path: str, size: int, dest: Path, progress: Progress | None = None
) -> None:
    """Fetch `path`, known to be `size` bytes, to `dest`; `readers` are tried in turn.

    Bytes that an earlier attempt left in `dest.part` are kept if they are the file's beginning.
    Raises FileDamaged if it came short each time, DiskFull, NotFoundOnScope, ScopeUnreachable.
    """
    import stamina

    part = part_of(dest)
    try:
        await asyncio.to_thread(_make_room, part, size)
        attempts = stamina.retry_context(
            on=_RETRIED, attempts=ATTEMPTS, wait_initial=0.2, wait_max=3.0
        )
        async for attempt in attempts:
            with attempt:
                reader = readers[(attempt.num - 1) % len(readers)]
                await _fill(reader, path, size, part, progress)
        await to_its_end(_finish, part, dest)
    except OSError as error:
        raise _not_written(dest, error) from error


def part_of(dest: Path) -> Path:
    """Where a file lies until it is whole."""
    return dest.with_name(f"{dest.name}.part")


async def _fill(
    reader: Reader, path: str, size: int, part: Path, progress: Progress | None
) -> None:
    """Bring `part` to `size` bytes, over as many short bodies as it takes while each adds much."""
    have = await _usable(reader, path, size, part)
    try:
        await to_its_end(_shorten, part, have)
        while have < size:
            longer = await _append(reader, path, size, part, have, progress)
            if longer < min(have + LEAST_BYTES, size):
                raise FileDamaged(
                    f"{clean(path)} came short",
                    f"{longer:,} of {size:,} bytes",
                    "What has come is kept for the next attempt",
                )
            have = longer
        await asyncio.to_thread(sync, part)
    except OSError as error:
        if error.errno in _NO_ROOM:  # leave the room to the journal
            await to_its_end(part.unlink, missing_ok=True)
        raise


async def _append(
    reader: Reader, path: str, size: int, part: Path, have: int, progress: Progress | None
) -> int:
    """Write what one request sends from byte `have` on; returns the length reached."""
    behind = GatheredWrites(partial(_write, part), have)
    try:
        async with contextlib.aclosing(reader.stream(path, have)) as pieces:
            async for piece in pieces:
                if behind.length + len(piece) > size:
                    raise FileDamaged(f"{clean(path)} is longer than the telescope's list says")
                await behind.add(piece)
                if progress:
                    progress(behind.length, size)
        await behind.end()
    except (FileDamaged, ScopeUnreachable):  # what came before it is kept
        await behind.end()
        if behind.length == have:
            raise
    finally:
        await behind.close()
    return behind.length


async def _usable(reader: Reader, path: str, size: int, part: Path) -> int:
    """How many bytes of `part` belong to this file: all, if its last ones do, or none."""
    have, last = await asyncio.to_thread(_tail, part)
    if not last or have > size:
        return 0
    there = await reader.read_range(path, have - len(last), len(last))
    return have if there == last else 0


def _tail(part: Path) -> tuple[int, bytes]:
    try:
        with part.open("rb") as file:
            have = file.seek(0, os.SEEK_END)
            file.seek(max(have - OVERLAP_BYTES, 0))
            return have, file.read()
    except FileNotFoundError:
        return 0, b""


def _shorten(part: Path, length: int) -> None:
    """Keep the first `length` bytes; there is a file then, and it is not reached by a link."""
    with _opened(part, os.O_CREAT) as file:
        file.truncate(length)


def _write(part: Path, start: int, piece: bytes) -> None:
    """Write a piece whole at byte `start`; the file is open no longer than that takes."""
    with _opened(part) as file:
        file.seek(start)
        left = memoryview(piece)
        while left:
            left = left[file.write(left) :]
        _begin_writeback(file, start, len(piece))


def _begin_writeback(file: FileIO, start: int, length: int) -> None:
    """Let the disk begin now with what the sync at the end would wait for.

    Linux starts to write dirty pages that are said not to be needed, and keeps them meanwhile.
    """
    if hasattr(os, "posix_fadvise"):
        with contextlib.suppress(OSError):  # a wish that not every file system grants
            os.posix_fadvise(file.fileno(), start, length, os.POSIX_FADV_DONTNEED)


def _opened(part: Path, flags: int = 0) -> FileIO:
    return FileIO(os.open(part, os.O_WRONLY | os.O_NOFOLLOW | flags, 0o644), "w")


def _make_room(part: Path, size: int) -> None:
    """Create the folder and see that the file will fit, with a little to spare."""
    make_folders(part.parent)
    have = part.stat().st_size if part.exists() else 0
    wanted = max(size - have, 0)
    if shutil.disk_usage(part.parent).free < wanted + SPARE_BYTES:
        raise OSError(errno.ENOSPC, f"{wanted / 1e6:.1f} MB more are needed")


def _finish(part: Path, dest: Path) -> None:
    move_whole(part, dest)


def _not_written(dest: Path, error: OSError) -> CrowdSkyError:
    why = error.strerror or str(error)
    if error.errno in _NO_ROOM:
        return DiskFull(
            f"there is no room for {dest.name} in {dest.parent}",
            why,
            "Free some space, or choose another folder for downloads in the settings",
        )
    return CrowdSkyError(f"{dest} cannot be written", why, "Check the folder for downloads")
