"""What a rig can do by the devices that it has, and reading what may be missing."""

from collections.abc import Awaitable
from typing import Any, TypeVar

from crowdsky_tui.base.errors import CrowdSkyError, DeviceError, NotOffered
from crowdsky_tui.config.instrument_settings import Role
from crowdsky_tui.instruments.instructions import Ability
from crowdsky_tui.instruments.interface import Lack, Missing
from crowdsky_tui.instruments.rig.devices import RigDevices

T = TypeVar("T")

NEEDS: dict[Ability, tuple[Role, tuple[str, ...]]] = {
    Ability.UNPARK: ("mount", ("unpark",)),
    Ability.PARK: ("mount", ("park",)),
    Ability.GOTO: ("mount", ("slewtocoordinatesasync",)),
    Ability.STOP: ("mount", ()),
    Ability.FILTER: ("wheel", ("position", "names")),
    Ability.EXPOSURE: ("camera", ("startexposure",)),
    Ability.START: ("camera", ("startexposure", "imagearray")),
    Ability.GAIN: ("camera", ("gain",)),
    Ability.FOCUS: ("focuser", ("move",)),
    Ability.HEATER: ("heater", ("setswitchvalue",)),
}
"""The device that an ability hangs on, and the members without which it is not there."""
NO_WORD = {
    Ability.RESTART: "Alpaca has no word for it",
    Ability.SHUT_DOWN: "Alpaca has no word for it",
    Ability.RUN_PLAN: "Alpaca has no plans",
}


def missing_of(devices: RigDevices) -> dict[Ability, Missing]:
    """What cannot be done, and why, by the devices and by what their drivers have said."""
    missing = {ability: Missing(Lack.PROTOCOL, why) for ability, why in NO_WORD.items()}
    for ability, (role, members) in NEEDS.items():
        device = devices.get(role)
        if device is None:
            missing[ability] = Missing(Lack.NO_SUCH_PART, f"there is no {role}")
        elif gone := [member for member in members if member in device.missing]:
            text = f"the driver of its {role} does not do {gone[0]}"
            missing[ability] = Missing(Lack.NO_SUCH_PART, text)
    if devices.get("camera") is None:
        missing.setdefault(Ability.FOCUS, Missing(Lack.NO_SUCH_PART, "there is no camera"))
    else:
        missing.pop(Ability.STOP, None)  # its frames can be ended
    return missing


async def known(reading: Awaitable[T | None]) -> T | None:
    """What is read; None where it cannot be."""
    try:
        return await reading
    except (DeviceError, NotOffered):
        return None


async def error_of(look: Awaitable[Any]) -> DeviceError | None:
    """Await `look`; the error that it ended with. A gap in a driver is none of the connection's."""
    try:
        await look
    except NotOffered:
        return None
    except DeviceError as error:
        return error
    except CrowdSkyError as error:
        return DeviceError(error.what, error.why, error.next_step)
    return None
