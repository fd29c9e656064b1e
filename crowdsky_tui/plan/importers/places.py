"""Places for what a list names without one, or gives at the equinox of the day."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.compute.client import Science
from crowdsky_tui.plan.importers.items import Item, Refused
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow


async def with_places(
    items: Iterable[Item], science: Science, now: datetime
) -> tuple[list[Item], list[Refused]]:
    """The items with J2000 places, and those for which there is none. No network is asked."""
    found, refused = [], []
    for item in items:
        if item.ra_deg is not None and item.dec_deg is not None and not item.jnow:
            found.append(item)
            continue
        try:
            place = await _place(item, science, now)
        except CrowdSkyError as error:
            refused.append(Refused(item.line, item.name, error.why or error.what))
            continue
        found.append(
            msgspec.structs.replace(
                item, ra_deg=place.ra_deg_j2000, dec_deg=place.dec_deg_j2000, jnow=False
            )
        )
    return found, refused


async def _place(item: Item, science: Science, now: datetime) -> PositionJ2000:
    if item.ra_deg is not None and item.dec_deg is not None:
        return await science.to_j2000(PositionJNow(item.ra_deg / 15, item.dec_deg), now)
    names: Sequence[str] = (item.name, *item.fields.get("alt_names", ()))
    for name in names[:-1]:
        try:
            return (await science.find_target(name, now)).j2000
        except CrowdSkyError:
            continue
    return (await science.find_target(names[-1], now)).j2000
