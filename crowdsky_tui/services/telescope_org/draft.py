"""A request as it is before it is sent: what it asks for, and why it may not be sent."""

from typing import Any

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean, visible
from crowdsky_tui.services.telescope_org.codes import (
    is_known_filter,
    telescope_filter,
    telescope_number,
)
from crowdsky_tui.services.telescope_org.place_text import dec_parts, object_id, ra_parts
from crowdsky_tui.sky.coordinates import PositionJ2000

TEIDE_LATITUDE_DEG = 28.3
"""Observatorio del Teide (docs/design/telescope-org.md 1)."""
LEAST_ALTITUDE_DEG = 20.0
LONGEST_NAME = 40
LONGEST_COMMENT = 200
EXPOSURES_S = (1.0, 300.0)
TELESCOPE_TYPE = 2
"""What the site's own pages always send."""


class Draft(msgspec.Struct, frozen=True):
    """What to ask for. The filter is COAST's name for it; `filter_sent` is what goes out."""

    name: str
    position: PositionJ2000
    exposure_s: float = 30.0
    telescope: str = "COAST"
    filter: str = "BVR"
    comment: str = ""
    dark_frame: bool = True

    @property
    def filter_sent(self) -> str:
        """The filter as this telescope calls it."""
        return telescope_filter(self.telescope, self.filter)

    @property
    def exposure_ms(self) -> int:
        """Milliseconds, as on the wire."""
        return round(self.exposure_s * 1000)


def transit_altitude_deg(dec_deg: float, latitude_deg: float = TEIDE_LATITUDE_DEG) -> float:
    """How high a declination culminates, in degrees."""
    return 90.0 - abs(latitude_deg - dec_deg)


def check(draft: Draft) -> None:
    """Raise UsageError for what is never sent, whatever the site would say."""
    what = f"{clean(draft.name, 40)!r} cannot be asked for"
    telescope_number(draft.telescope)
    name = draft.name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isascii() or visible(name, 99) != name:
        raise UsageError(what, f"a name is 1 to {LONGEST_NAME} plain characters")
    if len(draft.comment) > LONGEST_COMMENT:
        raise UsageError(what, f"the comment is longer than {LONGEST_COMMENT} characters")
    dec = draft.position.dec_deg_j2000
    if not (-90 <= dec <= 90 and 0 <= draft.position.ra_deg_j2000 < 360.0001):
        raise UsageError(what, "its position is not on the sky")
    highest = transit_altitude_deg(dec)
    if highest < LEAST_ALTITUDE_DEG:
        raise UsageError(
            what,
            f"at Teide it culminates at {highest:.1f}°, below {LEAST_ALTITUDE_DEG:.0f}°",
            "Choose a target further north.",
        )


def warnings(draft: Draft) -> list[str]:
    """What is unusual about a draft: the site's own text decides."""
    said = []
    if not EXPOSURES_S[0] <= draft.exposure_s <= EXPOSURES_S[1]:
        said.append(f"{draft.exposure_s:g} s is outside of {EXPOSURES_S[0]:g} to 300 s")
    if not is_known_filter(draft.telescope, draft.filter):
        said.append(f"{clean(draft.filter, 20)!r} is no known filter of {draft.telescope.upper()}")
    return said


def api_fields(draft: Draft) -> dict[str, Any]:
    """The draft as the request constructor's JSON has it."""
    return {
        "telescopeid": str(telescope_number(draft.telescope)),
        "telescopetype": TELESCOPE_TYPE,
        "exposuretime": draft.exposure_ms,
        "filtertype": draft.filter_sent,
        "objecttype": "RADEC",
        "objectname": draft.name.strip(),
        "objectid": object_id(draft.position),
        "usercomments": draft.comment,
    }


def form_steps(draft: Draft) -> list[dict[str, str]]:
    """The posts of the old form, without their tickets, in their order."""
    hours, minutes, seconds, fraction = ra_parts(draft.position.ra_deg_j2000)
    sign, degrees, dec_minutes, dec_seconds, dec_fraction = dec_parts(draft.position.dec_deg_j2000)
    return [
        {"action": "main-go-part1"},
        {"action": "part1-go-radec"},
        {
            "action": "part1-radec-save",
            "raHours": f"{hours:02d}",
            "raMins": f"{minutes:02d}",
            "raSecs": f"{seconds:02d}",
            "raFract": f"{fraction:02d}",
            "decDegrees": f"{sign}{degrees:02d}",
            "decMins": f"{dec_minutes:02d}",
            "decSecs": f"{dec_seconds:02d}",
            "decFract": f"{dec_fraction:02d}",
            "newObjectName": draft.name.strip(),
        },
        {"action": "main-go-part2"},
        {
            "action": "part2-save",
            "submittype": "Save",
            "newTelescopeSelection": str(telescope_number(draft.telescope)),
        },
        {"action": "main-go-part3"},
        {
            "action": "part3-save",
            "submittype": "Save",
            "newExposureTime": str(draft.exposure_ms),
            "newDarkFrame": "1" if draft.dark_frame else "0",
            "newFilterSelection": draft.filter_sent,
            "newRequestComments": draft.comment,
        },
        {"action": "main-submit"},
    ]
