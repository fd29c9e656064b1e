"""The settings' sections for the automatic night, notices, the review and the display."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

_TIME = r"([01]\d|2[0-3]):[0-5]\d"


class AutomaticSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`when` is "idle", "dawn" or a time of the telescope's day, "HH:MM".

    `sun_altitude` in degrees says when it dawns. Latitude (north) and longitude (east) in degrees;
    both 0: the telescope is asked.
    """

    enabled: bool = False
    when: Annotated[str, msgspec.Meta(pattern=f"^(idle|dawn|{_TIME})$")] = "idle"
    sun_altitude: Annotated[float, msgspec.Meta(ge=-18, le=30)] = -12.0
    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)] = 0.0
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=360)] = 0.0


class NoticeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where notices go. Quiet hours are this machine's time of day, `beat_h` hours (0: no beat)."""

    url: str = ""
    style: Literal["ntfy", "slack", "apprise"] = "ntfy"
    quiet_from: Annotated[str, msgspec.Meta(pattern=f"^({_TIME})?$")] = ""
    quiet_to: Annotated[str, msgspec.Meta(pattern=f"^({_TIME})?$")] = ""
    beat_h: Annotated[float, msgspec.Meta(ge=0)] = 0.0


class ReviewSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`mode`: what leaves without having been looked at. "off": everything; "hold_poor": all but
    what is graded poor; "all": nothing.
    """

    mode: Literal["off", "hold_poor", "all"] = "off"


class DisplaySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`theme` as in `themes.NAMED`. `speak` opens the app as plain lines, one per change."""

    theme: Literal["dark", "light", "night", "terminal"] = "dark"
    speak: bool = False
    images: Literal["half", "off"] = "half"


def check_notices(notices: NoticeSettings) -> None:
    """ValueError if the notices' settings contradict each other or the address is not safe."""
    if bool(notices.quiet_from) != bool(notices.quiet_to):
        raise ValueError("quiet_from and quiet_to belong together")
    if not notices.url or notices.style == "apprise":
        return
    parts = urlsplit(notices.url)
    here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise ValueError("the address must begin with https:// (http:// only to this machine)")
    if not parts.hostname:
        raise ValueError("the address has no host name")
