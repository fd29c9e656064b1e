"""Devices over Alpaca: what looking at eight of them costs, and a picture beside curl.

The stand-in is a process of its own, so that the processor time is the client's alone.
"""

import asyncio
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import floor
from bench.figures import Figure, compared, spread
from bench.system import tool
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings
from crowdsky_tui.instruments.alpaca.connection import AlpacaConnection
from crowdsky_tui.instruments.alpaca.device import AlpacaDevice
from crowdsky_tui.instruments.device_server import Configured
from crowdsky_tui.instruments.rig.files import FolderFiles
from crowdsky_tui.instruments.rig.instrument import RigInstrument
from crowdsky_tui.instruments.rig.limits import PointingLimits
from crowdsky_tui.site.horizon import Horizon

GROUP = "Instruments"
RUNS = 7
ROLES = ("mount", "camera", "wheel", "focuser")
_SERVER = """
import asyncio, json, sys
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.simulator.alpaca.camera import Camera
from crowdsky_tui.simulator.alpaca.parts import FilterWheel, Focuser
from crowdsky_tui.simulator.alpaca.server import AlpacaStandIn
from crowdsky_tui.simulator.alpaca.telescope import Telescope

async def main():
    ports, clock, size = [], Clock(), (int(sys.argv[1]), int(sys.argv[2]))
    for _ in range(2):
        camera = Camera("Camera", "c", clock, size=size)
        camera.startexposure(0.001, light=True)
        devices = [Telescope("Mount", "m", clock), camera, FilterWheel("Wheel", "w", clock)]
        server = AlpacaStandIn([*devices, Focuser("Focuser", "f", clock)])
        await server.start()
        ports.append(server.port)
        await asyncio.sleep(0.6)
        camera.run()
    print(json.dumps(ports), flush=True)
    await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


class _Nobody:
    """Neither sky nor writer: nothing is pointed and no frame is taken."""

    async def pointing(self, *arguments: Any) -> Any:
        raise NotImplementedError

    async def write_frame(self, request: Any) -> None:
        raise NotImplementedError


def run(quick: bool) -> Iterator[Figure]:
    """Both figures."""
    size, seconds = ((2000, 1500), 5) if quick else ((6000, 4000), 30)
    with _server(size) as ports:
        yield asyncio.run(_looking(ports, seconds))
        yield asyncio.run(_picture(ports[0], size))


@contextmanager
def _server(size: tuple[int, int]) -> Iterator[list[int]]:
    """Two servers with four devices each; their ports."""
    command = [*floor.PYTHON, "-c", _SERVER, *map(str, size)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdin is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


async def _looking(ports: list[int], seconds: int) -> Figure:
    """Processor time of a look a second at each of eight devices, in percent of one core."""
    shares = []
    with tempfile.TemporaryDirectory(prefix="crowdsky-bench-") as folder:
        rigs = [_rig(f"rig {port}", port, Path(folder)) for port in ports]
        for rig in rigs:
            await rig.open()
        for _ in range(3):
            begun, cpu = time.perf_counter(), time.process_time()
            for second in range(1, seconds + 1):
                await asyncio.gather(*(rig.look() for rig in rigs))
                await asyncio.sleep(max(begun + second - time.perf_counter(), 0))
            shares.append(100 * (time.process_time() - cpu) / (time.perf_counter() - begun))
        for rig in rigs:
            await rig.close()
    return Figure(
        GROUP,
        "8 devices looked at once a second, processor",
        "%",
        spread(shares),
        budget="devices-cpu",
        notes=f"{seconds} s each; two Alpaca servers with mount, camera, wheel and focuser",
    )


def _rig(name: str, port: int, folder: Path) -> RigInstrument:
    settings = InstrumentSettings(name=name)
    devices = [
        DeviceSettings(instrument=name, role=role, address=f"127.0.0.1:{port}")  # type: ignore[arg-type]
        for role in ROLES
    ]
    clock = Clock(datetime.now(UTC), datetime.now(UTC), 1.0)
    limits = PointingLimits(settings, Horizon(), None, _Nobody(), clock)
    return RigInstrument(settings, devices, limits, clock, FolderFiles(folder, _Nobody()))


async def _picture(port: int, size: tuple[int, int]) -> Figure:
    """A camera's picture as ImageBytes, checked; curl takes the same bytes and checks nothing."""
    name = f"picture, {size[0] * size[1] / 1e6:.0f} million pixels"
    if not tool("curl"):
        return Figure(GROUP, name, budget="transfer", missing="curl is not here")
    line = AlpacaConnection("127.0.0.1", port)
    device = AlpacaDevice(line, Configured("camera", 0, "Camera", "c"))
    url = f"http://127.0.0.1:{port}/api/v1/camera/0/imagearray"
    ours, floors = [], []
    for _ in range(RUNS):
        begun = time.perf_counter()
        picture = await device.picture(size)
        ours.append((time.perf_counter() - begun) * 1000)
        assert (picture.width, picture.height) == size
        floors.append(
            await asyncio.to_thread(
                floor.curl_ms, "-H", "Accept: application/imagebytes", "-o", "/dev/null", url
            )
        )
    await line.close()
    return compared(
        GROUP, name, ours, floors, speed=True, floor_name="curl -o /dev/null", budget="transfer"
    )
