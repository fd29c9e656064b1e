"""How high a position stands and how far the Sun is from it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from crowdsky_tui.compute.worker import answer
from crowdsky_tui.sky.coordinates import PositionJ2000
from crowdsky_tui.sky.messages import PointingRequest

JUNE = datetime(2026, 6, 21, 8, 25, tzinfo=UTC)
"""The solstice of June 2026 is at 08:24 UTC: the Sun stands at 90° of ecliptic longitude."""


def at(ra_deg: float, dec_deg: float, when: datetime = JUNE, latitude: float = 48.2) -> Any:
    request = PointingRequest(
        position=PositionJ2000(ra_deg, dec_deg),
        when=when,
        longitude_deg=16.4,
        latitude_deg=latitude,
    )
    return answer(request).pointing


def test_the_sun_stands_where_the_solstice_has_it() -> None:
    seen = at(90.0, 23.44)
    assert seen.sun_apart_deg < 0.5  # J2000, the date's is 0.4° on


def test_the_pole_is_as_high_as_the_latitude_and_90_degrees_less_the_suns_declination() -> None:
    pole = at(0.0, 90.0)
    assert pole.altitude_deg == pytest.approx(48.2, abs=0.2)
    assert pole.sun_apart_deg == pytest.approx(90 - 23.44, abs=0.2)


def test_what_is_opposite_is_180_degrees_away() -> None:
    seen = at(270.0, -23.44)
    assert seen.sun_apart_deg == pytest.approx(180, abs=0.5)
