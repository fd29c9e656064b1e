"""A camera: exposures by the clock, pictures as ImageBytes or JSON."""

from __future__ import annotations

import random
import struct
from array import array
from datetime import UTC, datetime, timedelta

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.alpaca.members import (
    INVALID_OPERATION,
    VALUE_NOT_SET,
    AlpacaFault,
    Device,
    does,
    invalid,
    missing,
    reads,
)

IDLE, EXPOSING = 0, 2
INT32, UINT16 = 2, 8
HEADER_BYTES = 44
READ_OUT_S = 0.5
EXPOSURE_RANGE_S = (30e-6, 2000.0)


class Picture:
    """16-bit pixels of `width` × `height`, column after column, as Alpaca sends them."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        source = random.Random(seed)
        self.width, self.height = width, height
        level = source.randrange(200, 400)
        count = width * height
        noise = source.randbytes(count)
        self.columns = array("H", (level + byte % 64 for byte in noise))
        for _ in range(max(count // 2000, 3)):
            self.columns[source.randrange(count)] = source.randrange(20_000, 65_535)

    def image_bytes(self, client_id: int, server_id: int) -> bytes:
        """The binary form of the ImageBytes paper."""
        shape = (INT32, UINT16, 2, self.width, self.height, 0)
        head = struct.pack("<iiIIi6i", 1, 0, client_id, server_id, HEADER_BYTES, *shape)
        return head + self.columns.tobytes()

    def rows(self) -> list[list[int]]:
        """The JSON form: a list for each column."""
        tall = self.height
        return [self.columns[x * tall : (x + 1) * tall].tolist() for x in range(self.width)]


class Camera(Device):
    """A colour camera of `size` pixels; its cooler is on with `cooled_to_c`."""

    kind = "camera"
    version = 4

    def __init__(
        self,
        name: str,
        unique_id: str,
        clock: Clock,
        *,
        size: tuple[int, int] = (96, 128),
        modern: bool = True,
    ) -> None:
        super().__init__(name, unique_id, modern=modern)
        self.size = size
        self.gain_ = 80
        self.cooled_to_c: float | None = None
        self.picture: Picture | None = None
        self.taken = 0
        self._clock = clock
        self._begun: float | None = None
        self._begun_at = datetime.now(UTC)
        self._duration = 0.0

    @property
    def exposes(self) -> bool:
        """Whether an exposure runs."""
        return self._begun is not None and not self._is_over()

    def _is_over(self) -> bool:
        if self._begun is None:
            return False
        return self._clock.steady() >= self._begun + self._duration + READ_OUT_S

    def run(self) -> None:
        """What has happened by now."""
        if self._is_over():
            self._begun = None
            self.taken += 1
            self.picture = self.made_picture()

    def made_picture(self) -> Picture:
        """What the sensor has now, 16 bits a pixel."""
        return Picture(*self.size, seed=self.taken)

    def state_values(self) -> dict[str, object]:
        """What `DeviceState` tells at once, by ASCOM's names."""
        return {"CameraState": self.camerastate(), "ImageReady": self.imageready()}

    @reads()
    def camerastate(self) -> int:
        """0 idle, 2 exposing."""
        self.run()
        return EXPOSING if self.exposes else IDLE

    @reads()
    def imageready(self) -> bool:
        """Whether a picture can be fetched."""
        self.run()
        return self.picture is not None and not self.exposes

    @reads()
    def percentcompleted(self) -> int:
        """How much of the exposure is done, in percent."""
        if not self.exposes or self._begun is None:
            return 100
        return min(int(100 * (self._clock.steady() - self._begun) / max(self._duration, 1e-6)), 100)

    @reads()
    def lastexposureduration(self) -> float:
        """How long the last exposure was, in seconds."""
        self._check_picture()
        return self._duration

    @reads()
    def lastexposurestarttime(self) -> str:
        """When the last exposure began, in UTC, as ISO 8601."""
        self._check_picture()
        return self._begun_at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]

    def _check_picture(self) -> None:
        self.run()
        if self.picture is None:
            raise AlpacaFault(VALUE_NOT_SET, "no picture was taken yet")

    @reads()
    def imagearray(self) -> Picture:
        """The picture, by columns: `picture[x][y]`, in ADU."""
        self.run()
        if self.picture is None or self.exposes:
            raise AlpacaFault(INVALID_OPERATION, "no picture is ready")
        return self.picture

    @reads()
    def cameraxsize(self) -> int:
        """The sensor's width in pixels."""
        return self.size[0]

    @reads()
    def cameraysize(self) -> int:
        """The sensor's height in pixels."""
        return self.size[1]

    @reads()
    def numx(self) -> int:
        """The width of a picture in binned pixels."""
        return self.size[0]

    @reads()
    def numy(self) -> int:
        """The height of a picture in binned pixels."""
        return self.size[1]

    @reads()
    def binx(self) -> int:
        """How many pixels are one along x."""
        return 1

    @reads()
    def biny(self) -> int:
        """How many pixels are one along y."""
        return 1

    @reads()
    def pixelsizex(self) -> float:
        """A pixel's width in micrometres."""
        return 2.9

    @reads()
    def pixelsizey(self) -> float:
        """A pixel's height in micrometres."""
        return 2.9

    @reads()
    def sensortype(self) -> int:
        """0 monochrome, 2 with an RGGB matrix."""
        return 2

    @reads()
    def bayeroffsetx(self) -> int:
        """Where the matrix begins along x, in pixels."""
        return 1

    @reads()
    def bayeroffsety(self) -> int:
        """Where the matrix begins along y, in pixels."""
        return 0

    @reads()
    def sensorname(self) -> str:
        """The sensor's name by its maker."""
        return "IMX462"

    @reads()
    def exposuremin(self) -> float:
        """The shortest exposure in seconds."""
        return EXPOSURE_RANGE_S[0]

    @reads()
    def exposuremax(self) -> float:
        """The longest exposure in seconds."""
        return EXPOSURE_RANGE_S[1]

    @reads()
    def maxadu(self) -> int:
        """The largest value of a pixel, in ADU."""
        return 65535

    @reads()
    def gain(self) -> int:
        """The gain that is set, an integer."""
        return self.gain_

    @reads()
    def gains(self) -> list[str]:
        """The names of the gains, where it has names."""
        raise missing("Gains")

    @reads()
    def gainmin(self) -> int:
        """The least gain."""
        return 0

    @reads()
    def gainmax(self) -> int:
        """The greatest gain."""
        return 400

    @reads()
    def offset(self) -> int:
        """The offset that is set, an integer."""
        return 30

    @reads()
    def cooleron(self) -> bool:
        """Whether the cooler is on."""
        if self.cooled_to_c is None:
            raise missing("CoolerOn")
        return True

    @reads()
    def setccdtemperature(self) -> float:
        """What the cooler is set to, in degrees Celsius."""
        if self.cooled_to_c is None:
            raise missing("SetCCDTemperature")
        return self.cooled_to_c

    @reads()
    def ccdtemperature(self) -> float:
        """The sensor's temperature in degrees Celsius."""
        return 11.5

    @reads()
    def cansetccdtemperature(self) -> bool:
        """Whether the sensor can be cooled to a temperature."""
        return False

    @reads()
    def canabortexposure(self) -> bool:
        """Whether an exposure can be ended without a picture."""
        return True

    @does("gain", Gain=int)
    def set_gain(self, gain: int) -> None:
        """Set the gain, within its limits."""
        if not 0 <= gain <= 400:
            raise invalid(f"Gain set - '{gain}' is an invalid value. The valid range is: 0 to 400.")
        self.gain_ = gain

    @does(Duration=float, Light=bool)
    def startexposure(self, duration: float, light: bool) -> None:
        """Begin an exposure of so many seconds, light or dark."""
        self.run()
        if self.exposes:
            raise AlpacaFault(INVALID_OPERATION, "an exposure is under way")
        if not EXPOSURE_RANGE_S[0] <= duration <= EXPOSURE_RANGE_S[1]:
            raise invalid(f"StartExposure - '{duration}' is an invalid duration")
        self.picture, self._duration, self._begun = None, duration, self._clock.steady()
        self._begun_at = self._clock.now() - timedelta(0)

    @does()
    def abortexposure(self) -> None:
        """End the exposure without a picture."""
        self.run()
        self._begun = None
