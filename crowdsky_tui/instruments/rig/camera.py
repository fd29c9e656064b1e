"""The camera of a rig: its gain, and the exposure of the frames to come.

Alpaca has no word for an exposure to come: it is kept here and told with each frame.
"""

import math

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import NotOffered, OperationTimeout, UsageError
from crowdsky_tui.instruments.alpaca.answers import flag, number, text, texts, whole
from crowdsky_tui.instruments.interface import Done
from crowdsky_tui.instruments.rig.header import bayer_of
from crowdsky_tui.instruments.rig.operation import POLL_S, Operation
from crowdsky_tui.instruments.rig.servers import RigDevice

LONGEST_S = 86_400.0
LARGEST_GAIN = 1_000_000
SET_S, START_S, STOP_S = 20.0, 20.0, 60.0
IDLE, ERROR = 0, 5
"""Alpaca's `camerastate`; 1 to 4 are waiting, exposing, reading and download."""


SIZE = ("cameraxsize", "cameraysize")
SENSOR = (
    *SIZE,
    *("name", "sensorname", "pixelsizex", "pixelsizey", "binx", "biny"),
    *("sensortype", "bayeroffsetx", "bayeroffsety"),
)


class Sensor(msgspec.Struct, frozen=True):
    """What a camera says of its sensor: pixels in micrometres, `bayer` as in a FITS header."""

    name: str = ""
    pixel_um: tuple[float | None, float | None] = (None, None)
    binning: tuple[int | None, int | None] = (None, None)
    bayer: str = ""


class Camera:
    """A camera; `exposure_s` is that of the frames to come. Ranges are None until told."""

    def __init__(self, device: RigDevice, exposure_s: float) -> None:
        self.device = device
        self.exposure_s = exposure_s
        self.exposure_range_s: tuple[float, float] | None = None
        self.gain_range: tuple[int, int] | None = None
        self.size = (0, 0)
        self.sensor = Sensor()
        self.begun_here = False
        """Whether the picture that it may be at was told here."""

    async def learn(self) -> None:
        """Ask for its ranges. What makes no sense leaves none. Raises DeviceError."""
        self.exposure_range_s = await self._exposure_range()
        self.gain_range = await self._gain_range()
        said = await self.device.state(*SENSOR)
        self.size = tuple(whole(said.get(key), 1, 100_000) or 0 for key in SIZE)  # type: ignore[assignment]
        self.sensor = Sensor(
            text(said.get("sensorname"), 60) or text(said.get("name"), 60) or "",
            (number(said.get("pixelsizex"), 0, 1000), number(said.get("pixelsizey"), 0, 1000)),
            (whole(said.get("binx"), 1, 100), whole(said.get("biny"), 1, 100)),
            bayer_of(
                whole(said.get("sensortype")),
                whole(said.get("bayeroffsetx"), 0, 1),
                whole(said.get("bayeroffsety"), 0, 1),
            ),
        )

    async def _exposure_range(self) -> tuple[float, float] | None:
        try:
            least = number(await self.device.read("exposuremin"), 0, LONGEST_S)
            most = number(await self.device.read("exposuremax"), 0, LONGEST_S)
        except NotOffered:  # drivers before interface version 2
            return 0.001, 3600.0
        return (least, most) if least is not None and most is not None and most > least else None

    async def _gain_range(self) -> tuple[int, int] | None:
        """A number between two limits, or else an index into a list of names."""
        try:
            least = whole(await self.device.read("gainmin"), 0, LARGEST_GAIN)
            most = whole(await self.device.read("gainmax"), 0, LARGEST_GAIN)
        except NotOffered:
            try:
                names = texts(await self.device.read("gains"), 1000)
            except NotOffered:
                return None
            return (0, len(names) - 1) if names else None
        return (least, most) if least is not None and most is not None and most >= least else None

    async def gain(self) -> int | None:
        """The gain that is set; None for what makes no sense, or where it has none."""
        try:
            return whole(await self.device.read("gain"), 0, LARGEST_GAIN)
        except NotOffered:
            return None

    async def offset(self) -> int | None:
        """The offset that is set; None for what makes no sense, or where it has none."""
        try:
            return whole(await self.device.read("offset"), 0, LARGEST_GAIN)
        except NotOffered:
            return None

    async def cooled_to_c(self) -> float | None:
        """What the cooler is set to, in degrees Celsius; None while it is off, or has none."""
        try:
            if flag(await self.device.read("cooleron")) is not True:
                return None
            return number(await self.device.read("setccdtemperature"), -150, 100)
        except NotOffered:
            return None

    async def temperature_c(self) -> float | None:
        """The sensor's temperature in degrees Celsius; None where it does not tell."""
        try:
            return number(await self.device.read("ccdtemperature"), -150, 100)
        except NotOffered:
            return None

    async def exposes(self) -> bool | None:
        """Whether it is at a picture; None for what makes no sense."""
        state = whole(await self.device.read("camerastate"), 0, 5)
        busy = None if state is None else state not in (IDLE, ERROR)
        if busy is False:
            self.begun_here = False
        return busy

    async def is_ready(self) -> bool:
        """Whether a picture can be fetched."""
        return flag(await self.device.read("imageready")) is True

    async def rest(self, clock: Clock, limit_s: float) -> None:
        """Wait until it is at no picture. Raises OperationTimeout after `limit_s` of the clock."""
        deadline = clock.steady() + limit_s
        while await self.exposes() is not False:
            if clock.steady() >= deadline:
                raise OperationTimeout("the camera does not come to rest", f"{limit_s:.0f} s")
            await clock.sleep(POLL_S)

    async def start(self, operation: Operation, seconds: float | None = None) -> None:
        """Begin an exposure, told once and proved; of those to come without `seconds`."""
        seconds = self.exposure_s if seconds is None else seconds
        self.begun_here = True
        lost = await operation.tell(
            self.device, "startexposure", Duration=float(seconds), Light=True
        )

        async def look() -> str:
            if await self.exposes():
                return ""
            return "" if not lost and await self.is_ready() else "the camera takes no picture"

        await operation.until(look, START_S, lost)

    async def set_exposure(self, operation: Operation, seconds: float) -> Done:
        """Keep the exposure of the frames to come, if the camera says that it can.

        UsageError for one beyond its range, OperationFailed where it tells no range.
        """
        if not (math.isfinite(seconds) and seconds > 0):
            raise UsageError("an exposure is a number of seconds above 0", "", "Choose another")
        self.exposure_range_s = await self._exposure_range()
        if self.exposure_range_s is None:
            raise operation.unreadable("which exposures the camera can take")
        least, most = self.exposure_range_s
        if not least <= seconds <= most:
            raise UsageError(
                f"there is no exposure of {seconds:g} s", f"it is {least:g} s to {most:g} s"
            )
        self.exposure_s = seconds
        return Done("set", f"the exposure is {seconds:g} s", operation.elapsed_s)

    async def set_gain(self, operation: Operation, gain: int) -> Done:
        """Set the gain. UsageError for one beyond its range."""
        if self.gain_range is None:
            self.gain_range = await self._gain_range()
        if self.gain_range is None:
            raise operation.unreadable("which gains the camera has")
        least, most = self.gain_range
        if not least <= gain <= most:
            raise UsageError(f"there is no gain of {gain}", f"it is {least} to {most}")
        if await self.gain() == gain:
            return Done("set", f"the gain is {gain} already")
        lost = await operation.tell(self.device, "gain", Gain=gain)

        async def look() -> str:
            return "" if await self.gain() == gain else "the camera says another gain"

        await operation.until(look, SET_S, lost)
        return Done("set", f"the gain is {gain}", operation.elapsed_s)

    async def abort(self, operation: Operation) -> None:
        """End a picture that is being taken, without it. In doubt it is told, too.

        A camera that cannot end one takes it to its end, and that keeps nobody waiting.
        """
        if await self.exposes() is False:
            return
        try:
            lost = await operation.tell(self.device, "abortexposure")
        except NotOffered:
            return

        async def look() -> str:
            return "" if await self.exposes() is False else "the camera is still at a picture"

        await operation.until(look, STOP_S, lost)
