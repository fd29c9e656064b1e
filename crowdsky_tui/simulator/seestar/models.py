"""The three telescopes: optics, sensors, factory values.

Source: docs/design/seestar-protocol.md 0, 5.3.
"""

from typing import Any

import msgspec

UNITY_GAIN = 80  # where the high conversion gain begins (docs/design/seestar-protocol.md 3.4)


class Camera(msgspec.Struct, frozen=True):
    """`chip` is width and height in pixels, as the firmware gives it."""

    chip: tuple[int, int]
    pixel_um: float
    bayer: str

    def section(self) -> dict[str, Any]:
        """The telescope's own words for it, in `get_device_state`."""
        return {
            "chip_size": list(self.chip),
            "pixel_size_um": self.pixel_um,
            "debayer_pattern": self.bayer,
            "hpc_num": 0,
        }

    def info(self) -> dict[str, Any]:
        """`get_camera_info`."""
        return {
            "chip_size": list(self.chip),
            "bins": [1, 2],
            "pixel_size_um": self.pixel_um,
            "unity_gain": UNITY_GAIN,
            "has_cooler": False,
            "is_color": True,
            "is_usb3_host": False,
            "has_hpc": False,
            "debayer_pattern": self.bayer,
        }


class Model(msgspec.Struct, frozen=True):
    """One make. `instrument` and `creator` are what its headers say; creator None is no card."""

    name: str
    focal_mm: float
    f_number: float
    tele: Camera
    wide: Camera | None
    gain: int
    focus: int
    instrument: str
    creator: str | None

    @property
    def short_name(self) -> str:
        """`S50`, as in TELESCOP and the access point's name."""
        return self.name.removeprefix("Seestar ")


PORTRAIT = (1080, 1920)
WIDE_PRO = Camera((3840, 2160), 1.6, "RG")  # nobody has published its figures: these are invented

MODELS = {
    model.short_name: model
    for model in (
        Model(
            name="Seestar S50",
            focal_mm=250.0,
            f_number=5.0,
            tele=Camera(PORTRAIT, 2.9, "GR"),
            wide=None,
            gain=80,
            focus=1580,
            instrument="Seestar S50",
            creator="ZWO Seestar S50",
        ),
        Model(
            name="Seestar S30",
            focal_mm=150.0,
            f_number=5.0,
            tele=Camera(PORTRAIT, 2.9, "GR"),
            wide=Camera((1920, 1080), 2.7, "RG"),
            gain=200,
            focus=1253,
            instrument="Seestar S30",
            creator="ZWO Seestar S30",
        ),
        Model(
            name="Seestar S30 Pro",
            focal_mm=160.0,
            f_number=5.3,
            tele=Camera((2160, 3840), 2.9, "GR"),
            wide=WIDE_PRO,
            gain=80,
            focus=1253,
            instrument="imx585",
            creator=None,
        ),
    )
}
