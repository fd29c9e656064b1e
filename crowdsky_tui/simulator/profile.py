"""What a stand-in is: model, firmware, place and manners."""

from typing import Literal

import msgspec


class Profile(msgspec.Struct, frozen=True):
    """One telescope's make and firmware; the place is invented (degrees, east and north)."""

    firmware: str = "7.75"
    model: str = "Seestar S50"
    zone: str = "Europe/Vienna"
    longitude: float = 15.5
    latitude: float = 47.5
    login: Literal["none", "required"] = "none"
    seconds_per_frame: float = 2.5
    """Simulated seconds that a batch stack spends on each sub-frame."""
    idle_timeout: float = 15.5
    """Real seconds after which a silent client is cut off."""
    status_every: float = 5.0
    """Real seconds between two `PiStatus` events."""
    free_mb: int = 36549

    @property
    def firmware_int(self) -> int:
        """2000 + major·100 + minor: 7.75 is 2775."""
        major, _, minor = self.firmware.partition(".")
        return 2000 + int(major) * 100 + int(minor or 0)

    @property
    def short_model(self) -> str:
        """`S50`, as in TELESCOP and the access point's name."""
        return self.model.removeprefix("Seestar ")

    @property
    def wants_full_paths(self) -> bool:
        """Batch stacking takes `MyWorks/X_sub/Light_….fit` from 7.75 on, bare names before."""
        return self.firmware_int >= 2775

    @property
    def has_clear_batch_stack(self) -> bool:
        return self.firmware_int >= 2775

    @property
    def has_login(self) -> bool:
        return self.firmware_int >= 2718

    @property
    def refuses_unknown_settings(self) -> bool:
        return self.firmware_int >= 2706

    @property
    def lists_companions(self) -> bool:
        """Older firmware shows `.jpg` and `_thn.jpg` in page listings."""
        return self.firmware_int < 2706
