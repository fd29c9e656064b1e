"""A horizon with a tree, and a night's ways over it, made up."""

from datetime import UTC, datetime
from math import sin

from crowdsky_tui.night.calls.site import HorizonView, Point
from crowdsky_tui.site.horizon import Horizon, with_tree
from crowdsky_tui.sky.night_altitudes import NightAltitudes, Way
from crowdsky_tui.sky.sky_night import SkyNight

TREE = (60, 95, 48.0)


def horizon_view(target: str) -> HorizonView:
    """The target rises in the east, passes 62° and sets in the west; the Moon is lower."""
    line = with_tree(Horizon((), 15.0).line, *TREE)
    ways = [
        tuple(
            Point(10 * at, top * sin(at / 144 * 3.14159), 60 + 240 * at / 144, 5 <= at <= 110)
            for at in range(145)
        )
        for top in (62, 30)
    ]
    return HorizonView(tuple(line), 15.0, target, ways[0] if target else (), ways[1], 720)


SUNSET = datetime(2026, 11, 20, 15, 10, tzinfo=UTC)
STEPS = 88


def sky() -> SkyNight:
    """The night of the stub's clock."""
    at = SUNSET.replace
    return SkyNight(
        begins=at(hour=11),
        sunset=SUNSET,
        dusk=at(hour=16, minute=55),
        dawn=at(day=21, hour=4, minute=20),
        sunrise=at(day=21, hour=6, minute=0),
        moonrise=None,
        moonset=at(hour=23, minute=40),
        moon_lit=0.82,
        sidereal_at=SUNSET,
        sidereal_h=20.5,
    )


def altitudes(names: tuple[str, ...]) -> NightAltitudes:
    """Each target is highest later than the one before it; that of AM Leo's kind stays low."""
    ways = {
        name: Way(
            tuple(
                round(75 * sin((at + 20 - 25 * number) / STEPS * 3.14159)) for at in range(STEPS)
            ),
            (20,) * STEPS,
        )
        for number, name in enumerate(names)
    }
    dark = tuple(10 <= at < 78 for at in range(STEPS))
    moon = tuple(round(40 - at * 0.8) for at in range(STEPS))
    return NightAltitudes(SUNSET, 10, dark, moon, ways)
