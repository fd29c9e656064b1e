"""A horizon with a tree, and a night's ways over it, made up."""

from math import sin

from crowdsky_tui.night.calls.site import HorizonView, Point
from crowdsky_tui.site.horizon import Horizon, with_tree

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
