"""A look at each device of a rig, into its readings."""

from collections.abc import Awaitable

from crowdsky_tui.config.instrument_settings import Role
from crowdsky_tui.instruments.alpaca.answers import whole
from crowdsky_tui.instruments.rig.camera import Camera
from crowdsky_tui.instruments.rig.mount import Mount
from crowdsky_tui.instruments.rig.parts import Heater, Wheel
from crowdsky_tui.instruments.rig.rig_parts import RigParts
from crowdsky_tui.instruments.rig.series import FrameSeries
from crowdsky_tui.instruments.state import Activity, Readings


def looks(
    parts: RigParts, series: FrameSeries | None, readings: Readings
) -> list[tuple[Role, Awaitable[None]]]:
    """A look at each device that it has, not yet awaited."""
    found: list[tuple[Role, Awaitable[None]]] = []
    if parts.mount is not None:
        found.append(("mount", _mount(parts, parts.mount, series, readings)))
    if parts.camera is not None:
        found.append(("camera", _camera(parts, parts.camera, series, readings)))
    if parts.wheel is not None:
        found.append(("wheel", _wheel(parts, parts.wheel, readings)))
    if parts.heater is not None:
        found.append(("heater", _heater(parts, parts.heater, readings)))
    if parts.devices.get("focuser") is not None:
        found.append(("focuser", _focuser(parts, readings)))
    return found


async def _mount(
    parts: RigParts, mount: Mount, series: FrameSeries | None, readings: Readings
) -> None:
    await parts.opened("mount")
    reading = await mount.read()
    readings.note(
        position=reading.position,
        parked=reading.parked,
        moving=reading.slewing,
        tracking=reading.tracking,
    )
    if reading.slewing is not None and reading.tracking is not None:
        following = Activity.LOOKING if reading.tracking else Activity.RESTING
        if series is not None and series.running:
            following = Activity.TAKING
        readings.note(activity=Activity.MOVING if reading.slewing else following)


async def _camera(
    parts: RigParts, camera: Camera, series: FrameSeries | None, readings: Readings
) -> None:
    await parts.opened("camera")
    if series is not None:
        readings.note(frames_kept=series.kept, frames_dropped=series.dropped)
    readings.note(
        exposure_s=camera.exposure_s,
        gain=await camera.gain(),
        temperature_c=await camera.temperature_c(),
    )


async def _wheel(parts: RigParts, wheel: Wheel, readings: Readings) -> None:
    await parts.opened("wheel")
    readings.note(filter=await wheel.read())


async def _heater(parts: RigParts, heater: Heater, readings: Readings) -> None:
    await parts.opened("heater")
    readings.note(heater_percent=await heater.read())


async def _focuser(parts: RigParts, readings: Readings) -> None:
    await parts.opened("focuser")
    position = await parts.devices.need("focuser").read("position")
    readings.note(focus_step=whole(position, 0))
