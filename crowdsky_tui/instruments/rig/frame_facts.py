"""What is so while a rig takes a frame, asked of its parts."""

from datetime import UTC, datetime
from typing import NamedTuple

from crowdsky_tui.instruments.rig.abilities import known
from crowdsky_tui.instruments.rig.camera import Camera, Sensor
from crowdsky_tui.instruments.rig.header import FrameFacts
from crowdsky_tui.instruments.rig.parts import Wheel
from crowdsky_tui.sky.coordinates import SkyTarget


class Optics(NamedTuple):
    """What it looks through: its name, focal length and aperture in mm, 0 for not known."""

    name: str
    focal_mm: float
    aperture_mm: float


async def frame_facts(
    optics: Optics, camera: Camera | None, wheel: Wheel | None, target: SkyTarget | None
) -> FrameFacts:
    """What a frame's header says; a part that does not answer leaves its cards out.

    When it began and how long it lasts is the caller's to say.
    """
    sensor = camera.sensor if camera else Sensor()
    return FrameFacts(
        datetime.min.replace(tzinfo=UTC),
        0.0,
        target=target.name if target else "",
        position=target.j2000 if target else None,
        filter=(await known(wheel.read()) if wheel else None) or "",
        gain=await known(camera.gain()) if camera else None,
        offset=await known(camera.offset()) if camera else None,
        temperature_c=await known(camera.temperature_c()) if camera else None,
        cooled_to_c=await known(camera.cooled_to_c()) if camera else None,
        camera=sensor.name,
        telescope=optics.name,
        pixel_um=sensor.pixel_um,
        binning=sensor.binning,
        bayer=sensor.bayer,
        focal_mm=optics.focal_mm or None,
        aperture_mm=optics.aperture_mm or None,
    )
