"""What is known of the pictures of telescope.org: noted as they come, looked up before they do."""

import asyncio
import hashlib
from contextlib import suppress
from pathlib import Path

import msgspec

from crowdsky_tui.archive.frame import Frame, Source
from crowdsky_tui.archive.frames import Frames
from crowdsky_tui.archive.limit import to_leave
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.threads import to_its_end
from crowdsky_tui.services.telescope_org.cache import CachedAs, files_in
from crowdsky_tui.services.telescope_org.records import Details

THERE = "telescope.org"
DAMAGED = "damaged here"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hex. Blocks. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class RemotePictures:
    """The store of facts by job, form and flat, and the cache's limit.

    Parameters
    ----------
    limit
        Bytes that the cache may take; 0 for any.
    """

    def __init__(self, frames: Frames, clock: Clock, cache: Path, limit: int) -> None:
        self._frames = frames
        self._clock = clock
        self._cache = cache
        self._limit = limit

    async def known(self, wanted: CachedAs) -> Frame | None:
        """What was noted of a picture."""
        return await self._frames.find(Source.REMOTE, wanted.name)

    async def whole(self, frame: Frame) -> bool:
        """Whether the file that was noted is here, byte for byte."""
        if not (frame.path and frame.sha256):
            return False
        try:
            return await asyncio.to_thread(sha256_of, Path(frame.path)) == frame.sha256
        except OSError:
            return False

    async def note(
        self, wanted: CachedAs, path: Path, target: str, details: Details | None
    ) -> Frame:
        """Note a picture that has come, or is wanted again. `details` are the job's page."""
        facts = details or Details()
        frame = Frame(
            source=Source.REMOTE,
            key=wanted.name,
            target=target or facts.object_name or facts.object_id,
            at=facts.completed,
            instrument=facts.telescope or facts.telescope_type,
            filter=facts.filter,
            exposure_s=None if facts.exposure_ms is None else facts.exposure_ms / 1000,
            path=str(path),
            size=(await asyncio.to_thread(path.stat)).st_size,
            sha256=await asyncio.to_thread(sha256_of, path),
            state="here",
            elsewhere=THERE if details is not None else "",
            used_at=self._clock.now(),
        )
        await self._frames.save([frame], self._clock.now())
        return frame

    async def touch(self, frame: Frame) -> None:
        """Note that a picture was wanted now."""
        now = self._clock.now()
        await self._frames.save([msgspec.structs.replace(frame, used_at=now, state="here")], now)

    async def note_damaged(self, frame: Frame) -> None:
        """Note that the file here is not what was fetched; it stays until another is whole."""
        await self._frames.save([msgspec.structs.replace(frame, state=DAMAGED)], self._clock.now())

    async def make_room(self, came: Frame) -> list[Frame]:
        """Delete what has to leave the cache now that this picture came; what went."""
        if not self._limit:
            return []
        total = await asyncio.to_thread(_bytes_in, self._cache)
        if total <= self._limit:
            return []
        keep = {came.sha256, *await self._frames.measured()}
        frames = await self._frames.load(Source.REMOTE)
        gone = []
        for frame in to_leave(frames, self._cache, total, self._limit, keep):
            with suppress(OSError):
                await to_its_end(Path(frame.path).unlink, missing_ok=True)
                gone.append(msgspec.structs.replace(frame, path="", state=f"at {THERE}"))
        await self._frames.save(gone, self._clock.now())
        return gone


def _bytes_in(cache: Path) -> int:
    return sum(path.stat().st_size for _, path in files_in(cache))
