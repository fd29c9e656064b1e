"""ASCOM's members of mount, wheel, focuser and switch, told by the properties of INDI.

Source: INDI standard properties (docs/design/indi-protocol.md 2).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from crowdsky_tui.instruments.indi.view import ALERT, BUSY, DeviceView

OF_DATE, J2000 = 1, 2
"""ASCOM's `equatorialsystem`."""
SLOT = re.compile(r"FILTER_SLOT_NAME_(\d{1,3})")


class Reading(NamedTuple):
    """A member: the properties that tell it, one of which the device must have, and how.

    `asked` are asked for anew beside these where it has them.
    """

    properties: tuple[str, ...]
    read: Callable[[DeviceView], Any]
    asked: tuple[str, ...] = ()


class Step(NamedTuple):
    """One property to be set. `first`: not told where it is so already."""

    property: str
    values: dict[str, Any]
    first: bool = False


class Telling(NamedTuple):
    """What a member of ASCOM sets; it is there with one of `properties`."""

    properties: tuple[str, ...]
    steps: Callable[[DeviceView, Mapping[str, Any]], list[Step]]


Readings = Mapping[str, Reading]
Tellings = Mapping[str, Telling]

# --- mount ----------------------------------------------------------------------------------------


def _place(view: DeviceView) -> str:
    """The property of its position: of date, or of J2000 where it has only that."""
    return "EQUATORIAL_EOD_COORD" if view.has("EQUATORIAL_EOD_COORD") else "EQUATORIAL_COORD"


def _is_slewing(view: DeviceView) -> bool:
    parks = view.has("TELESCOPE_PARK") and view.state("TELESCOPE_PARK") == BUSY
    return parks or view.state(_place(view)) == BUSY


def _is_parked(view: DeviceView) -> bool:
    return view.state("TELESCOPE_PARK") != BUSY and view.is_on("TELESCOPE_PARK", "PARK")


def _is_tracking(view: DeviceView) -> bool:
    return view.is_on("TELESCOPE_TRACK_STATE", "TRACK_ON")


def _goto(view: DeviceView, values: Mapping[str, Any]) -> list[Step]:
    place = {"RA": values["RightAscension"], "DEC": values["Declination"]}
    steps = [Step("ON_COORD_SET", {"TRACK": "On"}, first=True)] if view.has("ON_COORD_SET") else []
    return [*steps, Step(_place(view), place)]


def _switch(name: str, member: str) -> Telling:
    return Telling((name,), lambda view, values: [Step(name, {member: "On"})])


PLACE = ("EQUATORIAL_EOD_COORD", "EQUATORIAL_COORD")
MOUNT: Readings = {
    "equatorialsystem": Reading(
        PLACE, lambda view: OF_DATE if view.has("EQUATORIAL_EOD_COORD") else J2000
    ),
    "rightascension": Reading(PLACE, lambda view: view.number(_place(view), "RA")),
    "declination": Reading(PLACE, lambda view: view.number(_place(view), "DEC")),
    "slewing": Reading(PLACE, _is_slewing, ("TELESCOPE_PARK",)),
    "tracking": Reading(("TELESCOPE_TRACK_STATE",), _is_tracking),
    "atpark": Reading(("TELESCOPE_PARK",), _is_parked),
}
TELL_MOUNT: Tellings = {
    "unpark": _switch("TELESCOPE_PARK", "UNPARK"),
    "park": _switch("TELESCOPE_PARK", "PARK"),
    "abortslew": _switch("TELESCOPE_ABORT_MOTION", "ABORT"),
    "tracking": Telling(
        ("TELESCOPE_TRACK_STATE",),
        lambda view, values: [
            Step("TELESCOPE_TRACK_STATE", {"TRACK_ON" if values["Tracking"] else "TRACK_OFF": "On"})
        ],
    ),
    "slewtocoordinatesasync": Telling(PLACE, _goto),
}

# --- wheel and focuser ---------------------------------------------------------------------------


def _slot(view: DeviceView) -> int | None:
    """From 0, as ASCOM counts; -1 while it turns."""
    if view.state("FILTER_SLOT") == BUSY:
        return -1
    slot = view.number("FILTER_SLOT", "FILTER_SLOT_VALUE")
    return int(slot) - 1 if slot is not None and 1 <= slot <= 1000 else None


def _filters(view: DeviceView) -> list[str]:
    slots = [
        (int(found[1]), name)
        for name in view.members("FILTER_NAME")
        if (found := SLOT.fullmatch(name))
    ]
    return [view.text("FILTER_NAME", name) for _, name in sorted(slots)]


WHEEL: Readings = {
    "position": Reading(("FILTER_SLOT",), _slot),
    "names": Reading(("FILTER_NAME",), _filters),
}
TELL_WHEEL: Tellings = {
    "position": Telling(
        ("FILTER_SLOT",),
        lambda view, values: [Step("FILTER_SLOT", {"FILTER_SLOT_VALUE": values["Position"] + 1})],
    )
}
FOCUSER: Readings = {
    "position": Reading(
        ("ABS_FOCUS_POSITION",),
        lambda view: view.number("ABS_FOCUS_POSITION", "FOCUS_ABSOLUTE_POSITION"),
    ),
    "maxstep": Reading(
        ("ABS_FOCUS_POSITION",),
        lambda view: view.limits("ABS_FOCUS_POSITION", "FOCUS_ABSOLUTE_POSITION")[1],
    ),
    "absolute": Reading(("ABS_FOCUS_POSITION",), lambda view: True),
    "ismoving": Reading(
        ("ABS_FOCUS_POSITION",), lambda view: view.state("ABS_FOCUS_POSITION") == BUSY
    ),
    "temperature": Reading(
        ("FOCUS_TEMPERATURE",), lambda view: view.number("FOCUS_TEMPERATURE", "TEMPERATURE")
    ),
}
TELL_FOCUSER: Tellings = {
    "move": Telling(
        ("ABS_FOCUS_POSITION",),
        lambda view, values: [
            Step("ABS_FOCUS_POSITION", {"FOCUS_ABSOLUTE_POSITION": values["Position"]})
        ],
    ),
    "halt": _switch("FOCUS_ABORT_MOTION", "ABORT"),
}

# --- dome -----------------------------------------------------------------------------------------

SHUTTER_OPEN, SHUTTER_CLOSED, SHUTTER_OPENING, SHUTTER_CLOSING, SHUTTER_ERROR = range(5)
"""ASCOM's `shutterstatus`."""


def _shutter(view: DeviceView) -> int:
    """Open only where the switch says so and rests; what is in doubt is an error."""
    is_open, is_closed = (
        view.is_on("DOME_SHUTTER", name) for name in ("SHUTTER_OPEN", "SHUTTER_CLOSE")
    )
    if is_open == is_closed or view.state("DOME_SHUTTER") == ALERT:
        return SHUTTER_ERROR
    if view.state("DOME_SHUTTER") == BUSY:
        return SHUTTER_OPENING if is_open else SHUTTER_CLOSING
    return SHUTTER_OPEN if is_open else SHUTTER_CLOSED


DOME: Readings = {"shutterstatus": Reading(("DOME_SHUTTER",), _shutter)}

# --- one number that can be set ------------------------------------------------------------------


def readings_of_number(name: str, member: str) -> Readings:
    """A number of any property as ASCOM's switch: the one behind a heater."""
    return {
        "minswitchvalue": Reading((name,), lambda view: view.limits(name, member)[0]),
        "maxswitchvalue": Reading((name,), lambda view: view.limits(name, member)[1]),
        "switchstep": Reading((name,), lambda view: view.limits(name, member)[2]),
        "canwrite": Reading((name,), lambda view: True),
        "getswitchvalue": Reading((name,), lambda view: view.number(name, member)),
    }


def tellings_of_number(name: str, member: str) -> Tellings:
    """Set it."""
    return {
        "setswitchvalue": Telling(
            (name,), lambda view, values: [Step(name, {member: values["Value"]})]
        )
    }
