"""A target of the list: what to observe, how urgently, with what. Pure."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import uuid4

import msgspec
from msgspec import Meta

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.plan.timeliness import Every, Timeliness

EXPOSURES_S = (10, 20, 30, 60)
FILTERS = ("IRCUT", "LP")
"""What a Seestar has; a rig has others."""
LONGEST_S, LONGEST_FILTER = 3600, 20
ANY, EVERY = "any", "every"


class Kind(StrEnum):
    """Why it is on the list; what is not said of a target goes by its kind (`DEFAULTS`)."""

    ROUTINE = "routine"
    MONITOR = "monitor"
    SEASONAL = "seasonal"
    OPPORTUNISTIC = "opportunistic"
    FOLLOW_UP = "follow_up"
    ALERT = "alert"


class TargetState(StrEnum):
    """Whether it is planned: only what is active is."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    DONE = "done"
    EXPIRED = "expired"


class KindDefaults(msgspec.Struct, frozen=True):
    """What a kind brings along. The cadence is in days, the altitude in degrees."""

    priority: int
    blocks_per_visit: int
    min_alt_deg: float = 30.0
    cadence_d: float | None = None


DEFAULTS = {
    Kind.ROUTINE: KindDefaults(2, 4),
    Kind.MONITOR: KindDefaults(3, 1, cadence_d=3.0),
    Kind.SEASONAL: KindDefaults(3, 4, cadence_d=1.0),
    Kind.OPPORTUNISTIC: KindDefaults(1, 2),
    Kind.FOLLOW_UP: KindDefaults(4, 4, 25.0, 1.0),
    Kind.ALERT: KindDefaults(5, 2, 20.0),
}


class Constraints(msgspec.Struct, frozen=True, omit_defaults=True):
    """Limits of one target, in degrees; None: the plan's own."""

    min_alt_deg: Annotated[float, Meta(ge=-5, le=90)] | None = None
    max_alt_deg: Annotated[float, Meta(ge=0, le=90)] | None = None
    sun_alt_deg: Annotated[float, Meta(ge=-18, le=0)] | None = None
    moon_distance_deg: Annotated[float, Meta(ge=0, le=180)] | None = None
    moon_down: bool = False


class Target(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One target. `uid` stays, whatever else changes.

    Position in degrees (J2000), proper motion in mas/yr, exposure in seconds, magnitudes with the
    band's name; `mag_bright` is the smaller number. `scopes` are "any", "every", or names with
    commas between them. `priority` (5 is highest) is the user's, and never computed. `max_visits`
    and `blocks_per_visit` count what is proved. Moments are aware; text is clean.
    """

    uid: str = msgspec.field(default_factory=lambda: uuid4().hex)
    name: Annotated[str, Meta(min_length=1, max_length=80)]
    ra_deg_j2000: Annotated[float, Meta(ge=0, lt=360)]
    dec_deg_j2000: Annotated[float, Meta(ge=-90, le=90)]
    alt_names: tuple[str, ...] = ()
    pm_ra_mas: float = 0.0
    pm_dec_mas: float = 0.0
    kind: Kind = Kind.ROUTINE
    priority: Annotated[int, Meta(ge=1, le=5)] = 2
    timeliness: tuple[Timeliness, ...] = ()
    scopes: str = ANY
    filter: str = ""
    sub_exposure_s: int | None = None
    blocks_per_visit: Annotated[int, Meta(ge=1, le=40)] = 4
    min_run: Annotated[int, Meta(ge=1, le=40)] = 2
    max_visits: Annotated[int, Meta(ge=1)] | None = None
    constraints: Constraints = Constraints()
    mag_bright: float | None = None
    mag_faint: float | None = None
    mag_band: str = ""
    source: str = "manual"
    source_id: str = ""
    fetched_at: datetime | None = None
    notes: str = ""
    state: TargetState = TargetState.ACTIVE
    created: datetime | None = None
    expires: datetime | None = None

    @property
    def cadence_d(self) -> float | None:
        """Days between two visits; None if it has no cadence."""
        every = [each.days for each in self.timeliness if isinstance(each, Every)]
        return min(every) if every else DEFAULTS[self.kind].cadence_d

    @property
    def min_alt_deg(self) -> float:
        """The least altitude that it is observed at, before the horizon."""
        own = self.constraints.min_alt_deg
        return DEFAULTS[self.kind].min_alt_deg if own is None else own


def new_target(
    name: str, ra_deg: float, dec_deg: float, *, kind: Kind = Kind.ROUTINE, **more: object
) -> Target:
    """A target with what its kind brings along. Raises UsageError for what no target can be."""
    given = DEFAULTS[kind]
    fields: dict[str, object] = {
        "name": clean(" ".join(name.split()), 80),
        "ra_deg_j2000": ra_deg % 360,
        "dec_deg_j2000": dec_deg,
        "kind": kind,
        "priority": given.priority,
        "blocks_per_visit": given.blocks_per_visit,
        "min_run": min(2, given.blocks_per_visit),
    }
    return checked(fields | {"uid": uuid4().hex} | more)


def changed(target: Target, **fields: object) -> Target:
    """The target with other values of some fields. Raises UsageError for what cannot be."""
    return checked(msgspec.structs.asdict(target) | fields)


def checked(fields: dict[str, object]) -> Target:
    """A target of these fields. Raises UsageError that names the field and its limits."""
    for name in fields.keys() - set(Target.__struct_fields__):
        raise UsageError("no target can be like this", f"there is no field {clean(name, 40)}")
    try:
        target = msgspec.convert(msgspec.to_builtins(fields), Target)
    except (msgspec.ValidationError, TypeError, ValueError) as error:
        what, _, where = str(error).partition(" - at `$")
        key = where.strip("`.")
        raise UsageError("no target can be like this", f"{key}: {what}" if key else what) from error
    name = clean(target.filter, LONGEST_FILTER).strip()
    if name != target.filter.strip():
        raise UsageError("no target can be like this", f"{name} is no filter's name")
    own = {each.casefold(): each for each in FILTERS}
    target = msgspec.structs.replace(target, filter=own.get(name.casefold(), name))
    only_rigs = target.scopes.strip().casefold() not in (ANY, EVERY)
    hint = "" if only_rigs else "What a rig alone has needs its name in scopes"
    if not only_rigs and target.filter not in ("", *FILTERS):
        raise UsageError("no target can be like this", f"filter is {' or '.join(FILTERS)}", hint)
    seconds = range(1, LONGEST_S + 1) if only_rigs else EXPOSURES_S
    if target.sub_exposure_s is not None and target.sub_exposure_s not in seconds:
        said = f"1 to {LONGEST_S} s" if only_rigs else "10, 20, 30 or 60 s"
        raise UsageError("no target can be like this", f"an exposure is {said}", hint)
    if not target.scopes.strip():
        raise UsageError("no target can be like this", "scopes are any, every, or names")
    for moment in (target.fetched_at, target.created, target.expires):
        if moment is not None and moment.tzinfo is None:
            raise UsageError("no target can be like this", "a time needs its zone, such as Z")
    return target
