"""The devices of the Alpaca stand-in, told by INDI's properties.

Source: INDI standard properties (docs/design/indi-protocol.md 2).
"""

from collections.abc import Mapping

import numpy as np

from crowdsky_tui.simulator.alpaca.camera import EXPOSURE_RANGE_S, Camera
from crowdsky_tui.simulator.alpaca.parts import FilterWheel, Focuser, Switch
from crowdsky_tui.simulator.alpaca.telescope import Telescope
from crowdsky_tui.simulator.fits import fits_bytes
from crowdsky_tui.simulator.indi.properties import Device, Property, connection_of

NO_STEP = 0.0


def _device(name: str, *properties: Property) -> Device:
    made = Device(name, {})
    for each in (connection_of(made), *properties):
        made.properties[each.name] = each
    return made


def _button(name: str, member: str, press: object) -> Property:
    """A switch that goes out again by itself."""

    def change(values: Mapping[str, str]) -> None:
        if values.get(member) == "On" and callable(press):
            press()

    return Property("Switch", name, lambda: {member: False}, change)


def mount(name: str, model: Telescope) -> Device:
    """A mount; its coordinates are of date."""

    def parks() -> bool:
        return model.is_slewing and not model.is_parked and not model.is_tracking

    def place_state() -> str:
        return "Busy" if model.slewing() else "Ok" if model.is_tracking else "Idle"

    def park(values: Mapping[str, str]) -> None:
        if values.get("PARK") == "On":
            model.park()
        elif values.get("UNPARK") == "On":
            model.unpark()

    def goto(values: Mapping[str, str]) -> None:
        model.slewtocoordinatesasync(float(values["RA"]), float(values["DEC"]))

    return _device(
        name,
        Property(
            "Switch",
            "ON_COORD_SET",
            lambda: {"TRACK": True, "SLEW": False, "SYNC": False},
            lambda values: None,
        ),
        Property(
            "Number",
            "EQUATORIAL_EOD_COORD",
            lambda: {"RA": model.rightascension(), "DEC": model.declination()},
            goto,
            place_state,
            (-90, 90, 0),
        ),
        Property(
            "Switch",
            "TELESCOPE_TRACK_STATE",
            lambda: {"TRACK_ON": model.is_tracking, "TRACK_OFF": not model.is_tracking},
            lambda values: model.set_tracking(values.get("TRACK_ON") == "On"),
        ),
        Property(
            "Switch",
            "TELESCOPE_PARK",
            lambda: {"PARK": model.atpark() or parks(), "UNPARK": not (model.atpark() or parks())},
            park,
            lambda: "Busy" if parks() else "Ok",
        ),
        _button("TELESCOPE_ABORT_MOTION", "ABORT", model.abortslew),
    )


def camera(name: str, model: Camera) -> Device:
    """A camera with a matrix, which sends its pictures as FITS."""

    def expose(values: Mapping[str, str]) -> None:
        model.startexposure(float(values["CCD_EXPOSURE_VALUE"]), light=True)

    info = {
        "CCD_MAX_X": model.size[0],
        "CCD_MAX_Y": model.size[1],
        "CCD_PIXEL_SIZE_X": model.pixelsizex(),
        "CCD_PIXEL_SIZE_Y": model.pixelsizey(),
    }
    return _device(
        name,
        Property(
            "Number",
            "CCD_EXPOSURE",
            lambda: {"CCD_EXPOSURE_VALUE": 1.0},
            expose,
            lambda: "Busy" if model.exposes else "Ok",
            (*EXPOSURE_RANGE_S, NO_STEP),
        ),
        _button("CCD_ABORT_EXPOSURE", "ABORT", model.abortexposure),
        Property(
            "Number",
            "CCD_GAIN",
            lambda: {"GAIN": model.gain_},
            lambda values: model.set_gain(int(float(values["GAIN"]))),
            limits=(0, 400, 1),
        ),
        Property("Number", "CCD_INFO", lambda: info),
        Property("Number", "CCD_BINNING", lambda: {"HOR_BIN": 1, "VER_BIN": 1}),
        Property(
            "Number", "CCD_TEMPERATURE", lambda: {"CCD_TEMPERATURE_VALUE": model.ccdtemperature()}
        ),
        Property(
            "Text",
            "CCD_CFA",
            lambda: {"CFA_OFFSET_X": "0", "CFA_OFFSET_Y": "0", "CFA_TYPE": "GRBG"},
        ),
        Property("BLOB", "CCD1", lambda: {"CCD1": ""}),
    )


def picture_of(model: Camera) -> bytes:
    """The camera's picture as FITS, with a place in its header as some drivers write it."""
    made = model.imagearray()
    columns = np.asarray(made.columns, np.uint16).reshape(made.width, made.height)
    return fits_bytes(
        np.ascontiguousarray(columns.T), [("SITELAT", "48 00 00", "somebody's place")]
    )


def wheel(name: str, model: FilterWheel) -> Device:
    """A filter wheel; slots count from 1."""
    return _device(
        name,
        Property(
            "Number",
            "FILTER_SLOT",
            lambda: {"FILTER_SLOT_VALUE": model.at + 1},
            lambda values: model.set_position(int(float(values["FILTER_SLOT_VALUE"])) - 1),
            lambda: "Busy" if model.position() < 0 else "Ok",
            (1, len(model.filters), 1),
        ),
        Property(
            "Text",
            "FILTER_NAME",
            lambda: {f"FILTER_SLOT_NAME_{at}": one for at, one in enumerate(model.filters, 1)},
        ),
    )


def focuser(name: str, model: Focuser) -> Device:
    """An absolute focuser."""
    return _device(
        name,
        Property(
            "Number",
            "ABS_FOCUS_POSITION",
            lambda: {"FOCUS_ABSOLUTE_POSITION": model.position()},
            lambda values: model.move(int(float(values["FOCUS_ABSOLUTE_POSITION"]))),
            lambda: "Busy" if model.ismoving() else "Ok",
            (0, model.maxstep(), 1),
        ),
        Property("Number", "FOCUS_TEMPERATURE", lambda: {"TEMPERATURE": model.temperature()}),
    )


def heater(name: str, model: Switch, number: int) -> Device:
    """A number from 0 to 100 behind a heater."""
    return _device(
        name,
        Property(
            "Number",
            "DEW_PWM",
            lambda: {"DEW_A": model.values[number]},
            lambda values: model.setswitchvalue(number, float(values["DEW_A"])),
            limits=model.LIMITS[number],
        ),
    )
