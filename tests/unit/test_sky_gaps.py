"""What is in a gap between the trees: from one azimuth clockwise to another, or all around."""

import pytest

from crowdsky_tui.site.horizon import Horizon
from crowdsky_tui.sky.windows import read_gap

INSIDE = {
    "0-360": (0, 45, 180, 359.9),
    "0-359": (0, 180, 358),
    "350..10": (350, 355, 0, 9),
    "120": (115, 125),
    "2": (357, 0, 7),
}
OUTSIDE = {"0-359": (359.5,), "350..10": (349, 11, 180), "120": (114, 126), "2": (356, 8)}


@pytest.mark.parametrize("typed", INSIDE)
def test_directions_inside_a_gap(typed: str) -> None:
    gap = read_gap(typed, "20")
    assert all(gap.holds(Horizon(), 21, azimuth) for azimuth in INSIDE[typed])
    assert not any(gap.holds(Horizon(), 19, azimuth) for azimuth in INSIDE[typed])
    assert not any(gap.holds(Horizon(), 21, azimuth) for azimuth in OUTSIDE.get(typed, ()))
