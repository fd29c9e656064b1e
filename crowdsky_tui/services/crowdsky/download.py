"""Keeping a downloaded stack: to `.part`, checked, synced, renamed. The server names nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from crowdsky_tui.base.absent_disk import make_folders
from crowdsky_tui.base.errors import (
    CrowdSkyError,
    FileInTheWay,
    ProtocolError,
    Rejected,
    UsageError,
)
from crowdsky_tui.base.files import move_whole, never_by_a_link, sync
from crowdsky_tui.base.text import clean
from crowdsky_tui.base.threads import to_its_end
from crowdsky_tui.blocks import parse_chunk_key
from crowdsky_tui.services.crowdsky.rows import wrong_shape
from crowdsky_tui.services.http.receiving import disk_error
from crowdsky_tui.services.http.replies import error_in, server_reason

Check = Callable[[Path], Awaitable[None]]

FITS_MAGIC = b"SIMPLE  ="
FITS_BLOCK = 2880
LARGEST_STACK = 1024 * 1024 * 1024  # bytes; the largest known stack has 60 MB
WRITE_BYTES = 256 * 1024


def check_keys(chunk_keys: str | list[str]) -> list[str]:
    """The keys to fetch, each once; UsageError for one that is no chunk key."""
    keys = [chunk_keys] if isinstance(chunk_keys, str) else list(chunk_keys)
    for key in keys:
        if parse_chunk_key(key) is None:
            raise UsageError(
                f"{clean(key, 60)!r} is not a chunk key",
                next_step="It looks like 20250115.78_HP049152; the list of stacks has it.",
            )
    return list(dict.fromkeys(keys))


def free_place(dest: Path, key: str) -> Path:
    """Where the stack with this key goes. Makes the folder; FileInTheWay if a file is there."""
    path = dest / f"{key}.fits"
    what = f"{path.name} was not downloaded"
    try:
        make_folders(dest)
    except OSError as error:
        raise disk_error(what, error) from error
    if path.exists() or path.is_symlink():
        raise FileInTheWay(
            what, "a file of that name is there already", "Move it away or choose another folder."
        )
    return path


class PartFile:
    """A `.part` file beside its final name. Use as an async context manager.

    `keep()` checks, syncs and renames; leaving without it removes the `.part`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._what = f"{path.name} was not downloaded"
        self._kept = False
        self.written = 0

    async def __aenter__(self) -> "PartFile":
        return self

    async def __aexit__(self, *exception: object) -> None:
        if not self._kept:
            await to_its_end(self._part.unlink, missing_ok=True)

    async def fill(self, pieces: AsyncIterator[bytes]) -> None:
        """Write the body of an answer.

        Raises Rejected or ProtocolError, before anything is written, if it does not begin as a FITS
        file: the server has been seen to pass on its storage's error page with status 200.
        """
        pending = bytearray()
        try:
            async for piece in pieces:
                pending += piece
                if len(pending) >= WRITE_BYTES:
                    await self._flush(pending)
            await self._flush(pending)
        except OSError as error:
            raise disk_error(self._what, error) from error

    async def _flush(self, pending: bytearray) -> None:
        if not self.written and not pending.startswith(FITS_MAGIC):
            raise not_fits(self._what, bytes(pending))
        if self.written + len(pending) > LARGEST_STACK:
            raise ProtocolError(self._what, f"the server sent more than {LARGEST_STACK} bytes")
        await to_its_end(self._write, bytes(pending))
        self.written += len(pending)
        pending.clear()

    def _write(self, piece: bytes) -> None:
        how = "ab" if self.written else "wb"
        with open(self._part, how, opener=never_by_a_link) as file:
            file.write(piece)

    async def keep(self, expected: int | None, check: Check | None = None) -> Path:
        """Check the length, sync and rename; returns the final path.

        `expected` is the answer's Content-Length; `check(part)` may raise to have nothing kept.
        Raises ProtocolError, DiskFull, FileInTheWay.
        """
        if expected is not None and self.written != expected:
            raise ProtocolError(
                self._what, f"{self.written} of {expected} bytes arrived", "Try again."
            )
        if not self.written or self.written % FITS_BLOCK:
            raise ProtocolError(
                self._what, f"{self.written} bytes are not a whole FITS file", "Try again."
            )
        if check is not None:
            await check(self._part)
        await to_its_end(self._settle)
        self._kept = True
        return self._path

    def _settle(self) -> None:
        try:
            sync(self._part)
            free_place(self._path.parent, self._path.name.removesuffix(".fits"))
            move_whole(self._part, self._path)
        except OSError as error:
            raise disk_error(self._what, error) from error


def not_fits(what: str, body: bytes) -> CrowdSkyError:
    """The error for a download with status 200 whose body is not a FITS file."""
    reason = error_in(body)
    if reason:
        return Rejected(what, f"the server says: {reason}", "Refresh the list of stacks.")
    if body.lstrip()[:9].lower().startswith((b"<html", b"<!doctype")):
        return wrong_shape(what, body)
    said = server_reason(body)
    why = f"what came is not a FITS file: {said}" if said else "what came is not a FITS file"
    return ProtocolError(what, why, "The server's storage may be failing: try again later.")
