"""`Stamps`: the middle of each of a target's stacks, pixel for pixel, with its peak."""

import asyncio
import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.blocks import TargetKey
from crowdsky_tui.fits.picture_messages import Crop, Stamp, StampRequest
from crowdsky_tui.gallery.cache import PictureCache
from crowdsky_tui.gallery.frames import files_of, frame_of

if TYPE_CHECKING:
    from crowdsky_tui.gallery.reviewed_night import ReviewedNight


class Stamps:
    """What was drawn is kept with the gallery's pictures: a stack's file is large to fetch."""

    def __init__(self, night: "ReviewedNight") -> None:
        self._night = night
        self._cache = PictureCache(night.settings.state_dir / "pictures")

    async def stamp(self, target: TargetKey, key: str, side: int, width: int, height: int) -> Stamp:
        """The middle `side` × `side` pixels of one stack, fitted into width × height.

        Its file comes from this machine, the scope or the server: the first road that leads there.
        Raises the error of the last one; FileDamaged for what is no picture.
        """
        name = f"stamp/{self._night.settings.server.url}/{key}/{side}/{width}/{height}"
        if kept := await asyncio.to_thread(self._cache.read, name):
            with contextlib.suppress(msgspec.MsgspecError):
                return msgspec.json.decode(kept, type=Stamp)
        source = frame_of(self._night, target, key)
        with tempfile.TemporaryDirectory(prefix="crowdsky-tui-") as folder:
            file = await files_of(self._night).bring(source, Path(folder))
            request = StampRequest(os.fsencode(file), Crop(side), width, height)
            stamp = await self._night.science.stamp(request)
        await asyncio.to_thread(self._cache.keep, name, msgspec.json.encode(stamp))
        return stamp
