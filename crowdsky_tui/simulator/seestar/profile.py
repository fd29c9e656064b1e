"""What a stand-in is: model, firmware, place and manners (docs/design/seestar-protocol.md 7)."""

from typing import Literal

import msgspec

from crowdsky_tui.simulator.seestar.models import MODELS, Model

FIRMWARES = ("6.70", "7.06", "7.18", "7.32", "7.75", "8.46", "8.89")
"""The versions whose differences are known."""


class Profile(msgspec.Struct, frozen=True):
    """One telescope's make and firmware; the place is invented (degrees, east and north)."""

    firmware: str = "7.75"
    model: str = "Seestar S50"
    zone: str = "Europe/Vienna"
    longitude: float = 15.5
    latitude: float = 47.5
    login: Literal["none", "required"] = "none"
    """Whether an unsigned client is ignored; older firmware than 7.18 has no login at all."""
    unmarked: Literal["refused", "ignored"] = "refused"
    """What 5.84 to 6.70 does with a command that lacks its `verify` marker: nobody has said."""
    hidden_albums: int = 0
    """How many folders `get_albums` leaves out: up to 8 of 41 on real ones, here one in five."""
    state_stall: float = 0.0
    """Real seconds that `get_device_state` takes while it images: ten and more on real ones."""
    seconds_per_frame: float = 2.5
    """Simulated seconds that a batch stack spends on each sub-frame."""
    idle_timeout: float = 15.5
    """Real seconds after which a silent client is cut off."""
    status_every: float = 5.0
    """Real seconds between two `PiStatus` events."""
    free_mb: int = 36549

    @property
    def make(self) -> Model:
        """The model's sensor and optics."""
        return MODELS[self.short_model]

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
    def wants_markers_inside(self) -> bool:
        """Every command must carry `verify` among its parameters: 5.84 to 6.70."""
        return 2583 <= self.firmware_int < 2706

    @property
    def refuses_unknown_settings(self) -> bool:
        """From 7.06 on strange settings are refused, and `verify` among the parameters is one."""
        return self.firmware_int >= 2706

    @property
    def has_login(self) -> bool:
        """Whether this firmware asks for a login."""
        return self.firmware_int >= 2718

    @property
    def enforces_login(self) -> bool:
        """As the real firmware of this version does: 7.18 has the login but does without."""
        return self.firmware_int >= 2732

    @property
    def wants_full_paths(self) -> bool:
        """Batch stacking takes `MyWorks/X_sub/Light_….fit` from 7.75 on, bare names before."""
        return self.firmware_int >= 2775

    @property
    def has_clear_batch_stack(self) -> bool:
        """Whether this firmware knows clear_batch_stack."""
        return self.firmware_int >= 2775

    @property
    def has_auto_lenhance(self) -> bool:
        """Whether this firmware chooses the filter by itself."""
        return self.firmware_int >= 2775

    @property
    def has_preview_settings(self) -> bool:
        """`preview` and `typec_mode`."""
        return self.firmware_int >= 2846

    @property
    def names_port(self) -> bool:
        """`port` in exposures."""
        return self.firmware_int >= 2706

    @property
    def lists_companions(self) -> bool:
        """Older firmware shows `.jpg` and `_thn.jpg` in page listings."""
        return self.firmware_int < 2706
