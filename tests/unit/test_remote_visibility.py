"""When a target can be asked for at telescope.org: the Sun, and what is up by day alone."""

from datetime import UTC, datetime

import pytest

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.night.remote_visibility import check_visible, sun_deg
from crowdsky_tui.services.telescope_org.draft import Draft
from crowdsky_tui.sky.coordinates import PositionJ2000

NOVEMBER = datetime(2024, 11, 17, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "ra", "dec"),
    [
        (datetime(2024, 3, 20, 3, 6, tzinfo=UTC), 0.0, 0.0),
        (datetime(2024, 6, 20, 20, 51, tzinfo=UTC), 90.0, 23.44),
        (datetime(2024, 9, 22, 12, 44, tzinfo=UTC), 180.0, 0.0),
        (datetime(2024, 12, 21, 9, 20, tzinfo=UTC), 270.0, -23.44),
    ],
)
def test_the_sun_at_the_equinoxes_and_solstices(when: datetime, ra: float, dec: float) -> None:
    """The moments of the almanac, UTC."""
    found = sun_deg(when)
    assert abs((found[0] - ra + 180) % 360 - 180) < 0.03 and abs(found[1] - dec) < 0.02


@pytest.mark.parametrize(
    ("ra", "dec", "allowed"),
    [
        (262.5, -38.0, False),
        (285.0, -41.58, False),
        (82.5, -38.0, True),
        (82.5, -41.58, True),
        (232.5, 20.0, True),
        (235.0, -20.0, True),
        (0.0, 89.0, True),
    ],
)
def test_what_is_up_by_day_alone_is_refused(ra: float, dec: float, allowed: bool) -> None:
    draft = Draft("x", PositionJ2000(ra_deg_j2000=ra, dec_deg_j2000=dec))
    if allowed:
        check_visible(draft, NOVEMBER)
    else:
        with pytest.raises(UsageError, match="by day alone"):
            check_visible(draft, NOVEMBER)
