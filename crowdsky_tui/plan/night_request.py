"""What the planner is asked, from the settings, the list and what is proved. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from crowdsky_tui.config.automatic_settings import PlanSettings
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.scope_settings import scope_name
from crowdsky_tui.plan.candidates import candidates_of
from crowdsky_tui.plan.proved import ProvedBefore
from crowdsky_tui.plan.target import EXPOSURES_S, FILTERS, Target
from crowdsky_tui.scheduling.messages import (
    MOST_CANDIDATES,
    MOST_SCOPES,
    Candidate,
    PlanRequest,
    Rules,
    ScopeFacts,
    Weights,
)
from crowdsky_tui.site.horizon import Horizon
from crowdsky_tui.site.place import Place

USUAL_SCOPE = "Seestar"
"""What the one scope is called where none is set."""
PRECESSED_DEG = 0.5
"""More than declinations change in the decades since J2000, and what the air lifts a target."""
NO_WHEEL = ("no wheel",)
"""The filters of a rig without a wheel: one that no target wants."""


def night_request(
    settings: Settings,
    place: Place,
    begins: datetime,
    targets: Sequence[Target],
    proved: ProvedBefore,
    now: datetime,
    scopes: Sequence[ScopeFacts] | None = None,
    visits: Mapping[str, int] | None = None,
) -> PlanRequest:
    """The request for the night that begins at noon `begins` (as `Science.sky_night` tells it).

    `scopes` are what is known of the instruments; None: those of the settings, as if they were
    ready. `visits` counts what of each target (uid) was done before. `given` and `skips` are for
    the caller to add. Where there are too many targets, what is not wanted now makes room.
    """
    rules = Rules(
        horizon=Horizon.of_site(settings.site).line, least_sky=settings.plan.min_sky or None
    )
    found = [
        _said_if_never(each, place.latitude_deg, rules)
        for each in candidates_of(targets, proved, begins, max(now, begins), visits)
    ]
    found.sort(key=lambda each: (bool(each.not_now), -each.priority, each.name))
    return PlanRequest(
        latitude_deg=place.latitude_deg,
        longitude_deg=place.longitude_deg,
        elevation_m=place.elevation_m,
        begins=begins,
        now=now,
        candidates=found[:MOST_CANDIDATES],
        scopes=list(usual_scopes(settings) if scopes is None else scopes)[:MOST_SCOPES],
        weights=_weights(settings.plan),
        rules=rules,
    )


def _said_if_never(each: Candidate, latitude_deg: float, rules: Rules) -> Candidate:
    """The candidate; with the reason, once for all its slots, where it is never high enough.

    Its greatest altitude is that on the meridian, 90° − |latitude − declination|.
    """
    highest = 90 - abs(latitude_deg - each.dec_deg)
    needs = max(each.min_alt_deg, min(rules.horizon, default=-90.0) + rules.horizon_offset_deg)
    if each.not_now or highest + PRECESSED_DEG >= needs:
        return each
    seen = f"at most {highest:.0f}° high" if highest > 0 else "it never rises"
    return msgspec.structs.replace(each, not_now=f"never from here: {seen}, needs {needs:.0f}°")


def _weights(plan: PlanSettings) -> Weights:
    return Weights(**{name: getattr(plan, f"weight_{name}") for name in Weights.__struct_fields__})


def usual_scopes(settings: Settings) -> list[ScopeFacts]:
    """The telescopes and rigs of the settings; one where none is set.

    A rig can have slots where it has a mount and a camera. Which filters its wheel has is not
    known here (`with_filters`).
    """
    rigs = [
        ScopeFacts(
            name=each.name,
            altaz=each.alignment == "altaz",
            filters=() if "wheel" in _roles(settings, each.name) else NO_WHEEL,
        )
        for each in settings.instruments
        if not each.scope and {"mount", "camera"} <= _roles(settings, each.name)
    ]
    names = [scope_name(each) for each in settings.scopes]
    if not names and not rigs:
        names = [USUAL_SCOPE]
    seestars = [ScopeFacts(name=each, filters=FILTERS, exposures_s=EXPOSURES_S) for each in names]
    return [*seestars, *rigs]


def with_filters(
    scopes: Sequence[ScopeFacts], filters: Mapping[str, tuple[str, ...]]
) -> list[ScopeFacts]:
    """The same with the `filters` that instruments have told, by their names."""
    return [
        msgspec.structs.replace(each, filters=filters.get(each.name) or each.filters)
        for each in scopes
    ]


def _roles(settings: Settings, instrument: str) -> set[str]:
    return {each.role for each in settings.devices if each.instrument == instrument}
