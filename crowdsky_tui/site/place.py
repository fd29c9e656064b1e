"""Where a telescope stands."""

from datetime import tzinfo
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings


class Place(msgspec.Struct, frozen=True):
    """Where a telescope stands, degrees east and north, metres above the sea. Never logged."""

    longitude_deg: float
    latitude_deg: float
    elevation_m: float = 0.0

    def __repr__(self) -> str:
        return "Place(...)"


def rounded(place: Place) -> str:
    """A place as it is shown: to 0.1°, some ten kilometres."""
    north = "N" if place.latitude_deg >= 0 else "S"
    east = "E" if place.longitude_deg >= 0 else "W"
    return f"{abs(place.latitude_deg):.1f}° {north} {abs(place.longitude_deg):.1f}° {east}"


def set_place(settings: "Settings") -> Place | None:
    """The place of the settings; None if it is not set.

    `automatic.latitude` and `automatic.longitude`, both 0 where they are not set, are looked at
    where there is no `site.latitude`.
    """
    site, old = settings.site, settings.automatic
    elevation = site.elevation or 0.0
    if site.latitude is not None and site.longitude is not None:
        return Place(site.longitude, site.latitude, elevation)
    if old.latitude or old.longitude:
        return Place(old.longitude, old.latitude, elevation)
    return None


def zone_of(settings: "Settings") -> tzinfo | None:
    """The zone of the site, else of a telescope, else (None) this machine's."""
    from crowdsky_tui.base.clock import zone_named

    named = [settings.site.zone, *(scope.zone for scope in settings.scopes)]
    return next((zone_named(zone) for zone in named if zone), None)
