"""One picture for the rig itself, to be looked at and thrown away: for centring and focusing."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.fits.frame_file_messages import Card, FrameFileRequest
from crowdsky_tui.instruments.camera_picture import CameraPicture
from crowdsky_tui.instruments.rig.camera import Camera
from crowdsky_tui.instruments.rig.files import FolderFiles
from crowdsky_tui.instruments.rig.operation import Operation

READ_OUT_S = 120.0
"""So long after the exposure's end a picture may need, in seconds of the clock."""


class SingleFrame(msgspec.Struct, frozen=True):
    """A picture in the file `path`, of `size` pixels, in a folder of its own."""

    path: Path
    size: tuple[int, int]


@contextlib.asynccontextmanager
async def single_frame(
    camera: Camera, files: FolderFiles, operation: Operation, seconds: float
) -> AsyncIterator[SingleFrame]:
    """Take a picture; it is gone at the end, with what lies beside it.

    Parameters
    ----------
    camera : Camera
        It takes nothing else.
    files : FolderFiles
        Below whose root the picture lies meanwhile.
    operation : Operation
        What it is for; a stop ends it.
    seconds : float
        The exposure.

    Raises
    ------
    OperationFailed, DeviceError, CrowdSkyError
        If the camera does not give it, or it cannot be written.
    """
    picture = await _exposed(camera, operation, seconds)
    folder = await asyncio.to_thread(_new_folder, files.root)
    try:
        out = folder / "picture.fit"
        await _write(picture, camera, files, folder / "pixels", out)
        yield SingleFrame(out, (picture.width, picture.height))
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _exposed(camera: Camera, operation: Operation, seconds: float) -> CameraPicture:
    """The picture as it was sent; an exposure that nobody waits for any more is ended."""
    await camera.start(operation, seconds)
    done = False
    try:

        async def look() -> str:
            return "" if await camera.is_ready() else "the picture does not come"

        await operation.until(look, seconds + READ_OUT_S)
        done = True
    finally:
        if not done:
            with contextlib.suppress(CrowdSkyError):  # one that cannot end goes on to its end
                await camera.device.tell("abortexposure")
    return await camera.device.picture(camera.size)


async def _write(
    picture: CameraPicture, camera: Camera, files: FolderFiles, pixels: Path, out: Path
) -> None:
    await asyncio.to_thread(pixels.write_bytes, picture.data)
    bayer = camera.sensor.bayer
    cards: tuple[Card, ...] = (("ROWORDER", "TOP-DOWN", ""),)
    request = FrameFileRequest(
        os.fsencode(pixels),
        os.fsencode(out),
        picture.width,
        picture.height,
        picture.planes,
        picture.element,
        (*cards, ("BAYERPAT", bayer, "")) if bayer else cards,
    )
    await files.writer.write_frame(request)


def _new_folder(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=".single-", dir=root))
