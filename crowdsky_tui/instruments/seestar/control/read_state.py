"""Ask a telescope how it is, part by part, so that one part that is not told costs no other."""

import asyncio
from collections.abc import Awaitable, Callable

from crowdsky_tui.base.errors import CommandRefused, DeviceError, ScopeTimeout
from crowdsky_tui.instruments.seestar.control.camera_settings import read_heater, read_present
from crowdsky_tui.instruments.seestar.control.operations import Operated, is_working
from crowdsky_tui.instruments.seestar.control.pointing import read_position
from crowdsky_tui.instruments.seestar.control.state import section, text_of
from crowdsky_tui.instruments.seestar.control.telemetry import TELEMETRY_KEYS, telemetry_from
from crowdsky_tui.instruments.state import Activity, Readings

LOOK_LIMIT_S = 50.0
STATE_TIMEOUT_S = 30.0
MB = 10**6


async def read_state(scope: Operated, readings: Readings) -> None:
    """Note all that it tells, within `LOOK_LIMIT_S` real seconds.

    Raises ScopeUnreachable, or the last DeviceError if it answered nothing at all.
    """
    answered, last = False, ScopeTimeout(f"{scope.name} does not answer")
    try:
        async with asyncio.timeout(LOOK_LIMIT_S):
            for read in _READS:
                try:
                    await read(scope, readings)
                except ScopeTimeout as error:
                    last = error
                except CommandRefused:
                    answered = True
                else:
                    answered = True
    except TimeoutError:
        pass
    if not answered:
        raise last


async def _read_view(scope: Operated, readings: Readings) -> None:
    reply = await scope.call("get_view_state")
    told, view = telemetry_from({}, reply), section(reply, "View")
    readings.note(
        activity=activity_of(view),
        about=told.activity,
        target=told.target,
        frames_kept=told.stacked,
        frames_dropped=told.dropped,
    )


async def _read_device(scope: Operated, readings: Readings) -> None:
    reply = await scope.call("get_device_state", {"keys": TELEMETRY_KEYS}, STATE_TIMEOUT_S)
    told = telemetry_from(reply, {})
    readings.note(
        parked=None if told.arm in (None, "moving") else told.arm == "closed",
        moving=None if told.arm is None else told.arm == "moving",
        tracking=told.tracking,
        focus_step=told.focus_step,
        temperature_c=told.temperature_c,
        battery_percent=told.battery_percent,
        charging=told.charging,
        free_bytes=None if told.free_mb is None else told.free_mb * MB,
        signal_dbm=told.wifi_dbm,
    )


async def _read_place(scope: Operated, readings: Readings) -> None:
    try:
        readings.note(position=await read_position(scope))
    except (CommandRefused, ScopeTimeout):
        raise
    except DeviceError as error:
        if type(error) is not DeviceError:
            raise  # the connection is gone; a plain one says that the answer was not usable


async def _read_camera(scope: Operated, readings: Readings) -> None:
    camera = await read_present(scope)
    readings.note(
        filter=camera.filter,
        exposure_s=camera.exposure_s,
        gain=camera.gain,
        starts_by_itself=camera.stacks_after_goto,
    )


async def _read_heater(scope: Operated, readings: Readings) -> None:
    readings.note(heater_percent=await read_heater(scope))


_READS: tuple[Callable[[Operated, Readings], Awaitable[None]], ...] = (
    _read_view,
    _read_device,
    _read_place,
    _read_camera,
    _read_heater,
)


def activity_of(view: dict[str, object]) -> Activity:
    """What the `View` object says it is about."""
    if not is_working(view):
        return Activity.RESTING
    stage = text_of(view, "stage")
    if text_of(section(view, "Stack"), "state") == "working":
        return Activity.TAKING
    if stage == "AutoGoto":
        return Activity.MOVING
    return Activity.FOCUSING if stage in ("Initialise", "AutoFocus") else Activity.LOOKING
