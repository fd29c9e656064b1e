"""Frames one after another: expose, wait, fetch, write, until it is ended.

Nothing is told twice: a frame of which it is not known whether it was begun is dropped, and an
older picture of the camera is never taken for it.
"""

import asyncio
import logging
import os
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CannotWrite, CrowdSkyError, DeviceError, OperationTimeout
from crowdsky_tui.base.supervisor import Supervisor
from crowdsky_tui.fits.frame_file_messages import FrameFileRequest
from crowdsky_tui.instruments.camera_picture import CameraPicture
from crowdsky_tui.instruments.rig.camera import Camera
from crowdsky_tui.instruments.rig.files import FolderFiles, folder_of
from crowdsky_tui.instruments.rig.header import FrameFacts, cards_of
from crowdsky_tui.instruments.rig.operation import POLL_S
from crowdsky_tui.instruments.rig.shared import Exposures

log = logging.getLogger(__name__)

READ_OUT_S = 120.0
"""So long after the exposure's end a picture may need, in seconds of the clock."""
END_S = 120.0
"""Real seconds in which the frame that is being fetched is written; then the series is cut."""
MOST_FAILURES = 3
MOST_NAMES = 1000

Facts = Callable[[datetime, float], Awaitable[FrameFacts]]
"""What is so for a frame that was begun then and exposed for so many seconds.

Raises CrowdSkyError where it is of something else than was wanted.
"""


class FrameSeries:
    """The frames of one camera, into `files`, each behind the gates of `exposures`.

    `kept` and `dropped` count those since the start.

    `trouble` says why a series has ended by itself; empty if none has.
    """

    def __init__(
        self,
        name: str,
        camera: Camera,
        files: FolderFiles,
        clock: Clock,
        exposures: Exposures,
        *,
        patience_s: float,
    ) -> None:
        self.kept = self.dropped = 0
        self.trouble = ""
        self._name = name
        self._camera = camera
        self._files = files
        self._clock = clock
        self._patience_s = patience_s
        self._exposures = exposures
        self._supervisor = Supervisor()
        self._task: asyncio.Task[None] | None = None
        self._ending = False

    @property
    def running(self) -> bool:
        """Whether frames are being taken."""
        return self._task is not None and not self._task.done()

    def begin(self, facts: Facts, begun: datetime) -> None:
        """Go on after the first exposure, begun (aware) behind the gates and proved."""
        self.kept = self.dropped = 0
        self.trouble, self._ending = "", False
        self._task = self._supervisor.start(f"frames of {self._name}", self._run(facts, begun))

    async def end(self) -> bool:
        """End it after the picture that is being fetched, if any; whether there was a series."""
        task = self._task
        if task is None or task.done():
            return False
        self._ending = True
        _, left = await asyncio.wait([task], timeout=END_S)
        if left:
            await self._supervisor.stop(task)
        return True

    async def close(self) -> None:
        """End it at once."""
        await self._supervisor.close()

    # --- the loop --------------------------------------------------------------------------------

    async def _run(self, facts: Facts, begun: datetime) -> None:
        failures = 0
        first: datetime | None = begun
        while not self._ending:
            try:
                if not await self._take(facts, first):
                    return
                failures = 0
            except CrowdSkyError as error:
                failures += 1
                self.dropped += 1
                log.warning("a frame of %s was dropped: %s", self._name, error)
                if failures >= MOST_FAILURES:
                    self.trouble = f"{failures} frames in a row failed: {error}"
                    return
                await self._clock.sleep(POLL_S)
            first = None

    async def _take(self, facts: Facts, first: datetime | None) -> bool:
        """One frame; False where it was ended on the way."""
        seconds = self._camera.exposure_s
        try:
            if first is None:
                await self._exposures.begin(seconds)
            begun = first or self._clock.now()
            if self._ending:
                return False
            if first is None:
                await self._camera.rest(self._clock, self._patience(seconds + READ_OUT_S))
                begun = self._clock.now()
                await self._camera.device.tell("startexposure", Duration=float(seconds), Light=True)
            if not await self._until_ready(seconds):
                return False
            known = await facts(begun, seconds)  # before a move of ours may change them
        finally:
            self._exposures.end()
        picture = await self._camera.device.picture(self._camera.size)
        await self._write(picture, msgspec.structs.replace(known, begun=begun))
        self.kept += 1
        return True

    async def _until_ready(self, seconds: float) -> bool:
        deadline = self._clock.steady() + self._patience(seconds + READ_OUT_S)
        while not self._ending:
            try:
                if await self._camera.is_ready():
                    return True
            except DeviceError as error:
                log.debug("%s does not say whether the picture is ready: %s", self._name, error)
            if self._clock.steady() >= deadline:
                raise OperationTimeout("a picture did not come", f"{seconds:g} s of exposure")
            await self._clock.sleep(POLL_S)
        return False

    def _patience(self, seconds: float) -> float:
        return max(seconds, self._patience_s * self._clock.speed)

    async def _write(self, picture: CameraPicture, facts: FrameFacts) -> None:
        folder = self._files.folder(facts.target)
        try:
            raw, out = await asyncio.to_thread(_prepare, folder, picture.data, facts)
        except OSError as error:
            raise CannotWrite("a frame cannot be written", error.strerror or "") from error
        try:
            request = FrameFileRequest(
                os.fsencode(raw),
                os.fsencode(out),
                picture.width,
                picture.height,
                picture.planes,
                picture.element,
                cards_of(facts),
            )
            await self._files.writer.write_frame(request)
        finally:
            await asyncio.to_thread(raw.unlink, missing_ok=True)


def _prepare(folder: Path, pixels: bytes | memoryview, facts: FrameFacts) -> tuple[Path, Path]:
    """The pixels in a file for the child, and a name for the frame that is free."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".pixels-", dir=folder)
    with os.fdopen(handle, "wb") as file:
        file.write(pixels)
    second = facts.begun.astimezone(UTC)
    for _ in range(MOST_NAMES):
        out = folder / frame_name(facts, second)
        if not out.exists():
            break
        second += timedelta(seconds=1)  # names have whole seconds; DATE-OBS has the truth
    return Path(name), out


def frame_name(facts: FrameFacts, begun: datetime) -> str:
    """The name of a frame, as sub-frames are named everywhere here; the time is UTC."""
    letters = "".join(sign for sign in facts.filter if sign.isascii() and sign.isalpha())
    exposure = min(max(facts.exposure_s, 0.001), 99999)
    stamp = f"{begun:%Y%m%d-%H%M%S}"
    decimals = 1 if exposure >= 0.1 else 3
    name = folder_of(facts.target)
    return f"Light_{name}_{exposure:.{decimals}f}s_{letters or 'none'}_{stamp}.fit"
