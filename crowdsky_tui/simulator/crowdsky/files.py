"""Finished files on their way out of the CrowdSky stand-in."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.responses import StreamingResponse

READ_BYTES = 1 << 18
_UNSAFE_IN_NAME = re.compile(r"[^A-Za-z0-9._+-]")


def safe_filename(name: str) -> str:
    """A download's name as the server proposes it."""
    return _UNSAFE_IN_NAME.sub("_", name)


def file_size(path: Path) -> int | None:
    """Bytes of a file, None if there is none. Blocks."""
    return path.stat().st_size if path.is_file() else None


async def file_reply(path: Path, name: str) -> StreamingResponse:
    """A FITS file with its length and its proposed name."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str((await asyncio.to_thread(path.stat)).st_size),
    }
    return StreamingResponse(_chunks(path), headers=headers, media_type="application/fits")


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    """A file's bytes; it is open for no longer than each piece, as its reader may go at any."""
    at = 0
    while data := await asyncio.to_thread(_piece, path, at):
        yield data
        at += len(data)


def _piece(path: Path, at: int) -> bytes:
    with path.open("rb") as file:
        file.seek(at)
        return file.read(READ_BYTES)
