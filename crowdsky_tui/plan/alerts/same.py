"""Which alerts are one event: by id, by name near its place, by place. Pure.

Two catalogue places are one star within 5″, never within 30″: of 25 pairs closer than that in
AAVSO's list three are different stars (facts of planning, section 10).
"""

from collections.abc import Iterable
from datetime import timedelta

from crowdsky_tui.plan.alerts.alert import Alert, squeezed
from crowdsky_tui.plan.import_preview import NEAR, SAME, arcsec_between
from crowdsky_tui.plan.target import Kind, Target

WIDEST_ERROR_DEG = 1.0
"""A wider place has too much in it to be told by its place."""
SAME_EVENT = timedelta(days=3)


def is_same(one: Alert, other: Alert) -> bool:
    """Whether both tell of one event."""
    ids = _ids(one), _ids(other)
    if ids[0] & ids[1]:
        return True
    if one.ra_deg is None or one.dec_deg is None or other.ra_deg is None or other.dec_deg is None:
        return False
    radius = _radius_arcsec(one, other)
    if abs(one.dec_deg - other.dec_deg) * 3600 > max(radius, NEAR):
        return False
    apart = arcsec_between(one.ra_deg, one.dec_deg, other.ra_deg, other.dec_deg)
    if squeezed(one.name) == squeezed(other.name):
        return apart <= max(radius, NEAR)
    return apart <= radius


def on_list(alert: Alert, targets: Iterable[Target]) -> Target | None:
    """The target of the list that an alert is about; None if it is not there."""
    ra, dec = alert.ra_deg, alert.dec_deg
    if ra is None or dec is None:
        return None
    for each in targets:
        if abs(each.dec_deg_j2000 - dec) * 3600 > NEAR:
            continue
        apart = arcsec_between(ra, dec, each.ra_deg_j2000, each.dec_deg_j2000)
        names = {squeezed(name) for name in (each.name, *each.alt_names)}
        if apart <= (NEAR if squeezed(alert.name) in names else SAME):
            return each
    return None


def _ids(alert: Alert) -> frozenset[str]:
    return frozenset(squeezed(each) for each in (f"{alert.source} {alert.id}", *alert.also))


def _radius_arcsec(one: Alert, other: Alert) -> float:
    """Within which both are one: 5″, or the error of an event of the same days."""
    error = max(one.error_deg, other.error_deg)
    if not 0 < error <= WIDEST_ERROR_DEG:
        return SAME
    if Kind.MONITOR in (one.kind, other.kind) or Kind.FOLLOW_UP in (one.kind, other.kind):
        return SAME  # a star of a list is no event
    times = one.discovered, other.discovered
    if times[0] is None or times[1] is None or abs(times[0] - times[1]) > SAME_EVENT:
        return SAME
    return max(error * 3600, SAME)
