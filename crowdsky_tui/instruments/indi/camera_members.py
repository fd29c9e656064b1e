"""ASCOM's members of a camera, told by the properties of INDI.

Source: INDI standard properties (docs/design/indi-protocol.md 2).
"""

from collections.abc import Mapping
from typing import Any

from crowdsky_tui.instruments.indi.members import Reading, Readings, Step, Telling, Tellings
from crowdsky_tui.instruments.indi.view import ALERT, BUSY, DeviceView

PICTURE = "CCD1"
IDLE, EXPOSING, FAILED = 0, 2, 5
"""ASCOM's `camerastate`."""
MONOCHROME, RGGB = 0, 2
"""ASCOM's `sensortype`."""
MATRIX_BEGINS = {"RGGB": (0, 0), "GRBG": (1, 0), "GBRG": (0, 1), "BGGR": (1, 1)}
"""Where the matrix R G / G B begins for each pattern of CFA_TYPE, in pixels along x and y."""


def _state(view: DeviceView) -> int:
    state = view.state("CCD_EXPOSURE")
    return EXPOSING if state == BUSY else FAILED if state == ALERT else IDLE


def _is_ready(view: DeviceView) -> bool:
    return (view.device, PICTURE) in view.line.pictures


def _pattern(view: DeviceView) -> str:
    return view.text("CCD_CFA", "CFA_TYPE").strip() if view.has("CCD_CFA", "CFA_TYPE") else ""


def _begins(view: DeviceView, axis: int) -> int | None:
    """Where the matrix begins, moved by the camera's own offset."""
    begins = MATRIX_BEGINS.get(_pattern(view))
    moved = view.number("CCD_CFA", ("CFA_OFFSET_X", "CFA_OFFSET_Y")[axis]) if begins else None
    return None if begins is None else (begins[axis] + int(moved or 0)) % 2


def _limit(name: str, member: str, at: int) -> Reading:
    return Reading((name,), lambda view: view.limits(name, member)[at])


def _number(name: str, member: str) -> Reading:
    return Reading((name,), lambda view: view.number(name, member))


def gain_property(view: DeviceView) -> tuple[str, str]:
    """Where the gain stands: a property of its own, or among the controls of many drivers."""
    own = view.has("CCD_GAIN", "GAIN")
    return ("CCD_GAIN", "GAIN") if own else ("CCD_CONTROLS", "Gain")


def _offset_property(view: DeviceView) -> tuple[str, str]:
    own = view.has("CCD_OFFSET", "OFFSET")
    return ("CCD_OFFSET", "OFFSET") if own else ("CCD_CONTROLS", "Offset")


GAIN = ("CCD_GAIN", "CCD_CONTROLS")
CAMERA: Readings = {
    "camerastate": Reading(("CCD_EXPOSURE",), _state),
    "imageready": Reading((), _is_ready),
    "imagearray": Reading((PICTURE,), lambda view: None),
    "exposuremin": _limit("CCD_EXPOSURE", "CCD_EXPOSURE_VALUE", 0),
    "exposuremax": _limit("CCD_EXPOSURE", "CCD_EXPOSURE_VALUE", 1),
    "gain": Reading(GAIN, lambda view: view.number(*gain_property(view))),
    "gainmin": Reading(GAIN, lambda view: view.limits(*gain_property(view))[0]),
    "gainmax": Reading(GAIN, lambda view: view.limits(*gain_property(view))[1]),
    "offset": Reading(
        ("CCD_OFFSET", "CCD_CONTROLS"), lambda view: view.number(*_offset_property(view))
    ),
    "cameraxsize": _number("CCD_INFO", "CCD_MAX_X"),
    "cameraysize": _number("CCD_INFO", "CCD_MAX_Y"),
    "pixelsizex": _number("CCD_INFO", "CCD_PIXEL_SIZE_X"),
    "pixelsizey": _number("CCD_INFO", "CCD_PIXEL_SIZE_Y"),
    "binx": _number("CCD_BINNING", "HOR_BIN"),
    "biny": _number("CCD_BINNING", "VER_BIN"),
    "ccdtemperature": _number("CCD_TEMPERATURE", "CCD_TEMPERATURE_VALUE"),
    "name": Reading((), lambda view: view.device),
    "sensortype": Reading((), lambda view: RGGB if _pattern(view) in MATRIX_BEGINS else MONOCHROME),
    "bayeroffsetx": Reading(("CCD_CFA",), lambda view: _begins(view, 0)),
    "bayeroffsety": Reading(("CCD_CFA",), lambda view: _begins(view, 1)),
}


def _expose(view: DeviceView, values: Mapping[str, Any]) -> list[Step]:
    """Pictures as FITS, whole and to us, then the exposure."""
    wanted = (
        ("UPLOAD_MODE", "UPLOAD_CLIENT"),
        ("CCD_TRANSFER_FORMAT", "FORMAT_FITS"),
        ("CCD_COMPRESSION", "INDI_DISABLED"),
        ("CCD_COMPRESSION", "CCD_RAW"),
        ("CCD_FRAME_TYPE", "FRAME_LIGHT"),
    )
    first = [
        Step(name, {member: "On"}, first=True) for name, member in wanted if view.has(name, member)
    ]
    return [*first, Step("CCD_EXPOSURE", {"CCD_EXPOSURE_VALUE": values["Duration"]})]


def _gain(view: DeviceView, values: Mapping[str, Any]) -> list[Step]:
    name, member = gain_property(view)
    return [Step(name, {member: values["Gain"]})]


TELL_CAMERA: Tellings = {
    "startexposure": Telling(("CCD_EXPOSURE",), _expose),
    "abortexposure": Telling(
        ("CCD_ABORT_EXPOSURE",), lambda view, values: [Step("CCD_ABORT_EXPOSURE", {"ABORT": "On"})]
    ),
    "gain": Telling(GAIN, _gain),
}
