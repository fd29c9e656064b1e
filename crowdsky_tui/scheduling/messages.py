"""What a schedule is made from, and what it is. Imports no numpy, so that the app can."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from crowdsky_tui.sky.messages import AtPlace

SLOT = timedelta(minutes=15)
MOST_CANDIDATES, MOST_SCOPES, MOST_SLOTS = 500, 4, 96
SCALE = 10_000
"""A factor is kept in ten-thousandths: what is kept is what decided."""
EMPTY, CLOSED = -1, -2
"""In an assignment: nobody's slot, and one that cannot be had."""
NO_VETO = 0


class Window(msgspec.Struct, frozen=True):
    """From one moment to another, aware; None: without that end."""

    start: datetime | None = None
    end: datetime | None = None


class PhaseWindow(msgspec.Struct, frozen=True):
    """Phases `first` to `last` (0 to 1, over 1 where last < first) of a period in days.

    `epoch` is a Julian date in UTC, at the Sun unless `scale` is JD (BJD is taken as HJD: they
    differ by less than 4 s).
    """

    first: float
    last: float
    period_d: float
    epoch: float
    scale: str = "HJD"


class Candidate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One target as the planner wants it: positions in degrees (ICRS), counts in slots.

    `scopes` are the names it may have, empty: any; `every`: all of these at once. `most` is how
    many slots it may have tonight, `blocks` one visit. `apart` slots lie between two of its runs.
    `fixed` go before the others, `opportunistic` after them. `partner` is the uid of the target in
    whose slots it has to be. `urgency` and `coverage` are factors, 0 to 1. `not_now` says why it is
    not wanted tonight.
    """

    uid: str
    name: str
    ra_deg: float
    dec_deg: float
    priority: Annotated[int, Meta(ge=1, le=5)] = 2
    blocks: Annotated[int, Meta(ge=1, le=40)] = 4
    min_run: Annotated[int, Meta(ge=1, le=40)] = 2
    most: Annotated[int, Meta(ge=0)] = MOST_SLOTS
    apart: Annotated[int, Meta(ge=0)] = 0
    scopes: tuple[str, ...] = ()
    every: bool = False
    fixed: bool = False
    opportunistic: bool = False
    partner: str = ""
    windows: tuple[Window, ...] = ()
    before: datetime | None = None
    phases: tuple[PhaseWindow, ...] = ()
    min_alt_deg: float = 30.0
    max_alt_deg: float = 85.0
    max_airmass: float | None = None
    sun_alt_deg: float = -12.0
    moon_distance_deg: float | None = None
    moon_down: bool = False
    max_moon_lit: float | None = None
    meridian_limit_h: float | None = None
    filter: str = ""
    exposure_s: int | None = None
    urgency: float = 0.2
    coverage: float = 1.0
    last: datetime | None = None
    not_now: str = ""


class Closed(msgspec.Struct, frozen=True):
    """A time in which a scope cannot be used, with the reason; None: without that end."""

    reason: str
    start: datetime | None = None
    end: datetime | None = None


class ScopeFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One instrument as the planner wants it.

    `exposures_s` and `filters` are those it has, empty: any. `free_slots` is for how many slots
    its disk and battery last; None: not known.
    """

    name: str
    altaz: bool = True
    exposure_s: float = 10.0
    exposures_s: tuple[int, ...] = ()
    filters: tuple[str, ...] = ()
    free_slots: int | None = None
    closed: tuple[Closed, ...] = ()


class Given(msgspec.Struct, frozen=True):
    """A slot that is not to be decided: what has begun or happened (`pinned` is False), or a pin.

    `uid` is empty where nothing was observed.
    """

    scope: str
    start: datetime
    uid: str = ""
    pinned: bool = False


class Skip(msgspec.Struct, frozen=True):
    """A target that shall not be observed tonight, or not in one slot, or not with one scope."""

    uid: str
    start: datetime | None = None
    scope: str = ""


class Weights(msgspec.Struct, frozen=True):
    """What the factors weigh; they are normalised to a sum of 1."""

    priority: float = 0.30
    urgency: float = 0.25
    altitude: float = 0.10
    setting: float = 0.10
    moon: float = 0.10
    continuity: float = 0.10
    coverage: float = 0.05


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of the site, in degrees unless named otherwise.

    `sky_mag` is the sky's brightness as it is measured, in mag/arcsec², None: unknown; `least_sky`
    is the darkest that is asked for, None: none. Moon: see `constraints.moon_limit_deg`.
    """

    horizon: tuple[float, ...] = ()
    horizon_offset_deg: float = 2.0
    rotation_deg: float = 0.25
    moon_distance_deg: float = 60.0
    moon_distance_lp_deg: float = 30.0
    moon_width_d: float = 7.0
    moon_relax: float = 2.0
    moon_low_deg: float = -15.0
    moon_high_deg: float = 5.0
    moon_least_deg: float = 15.0
    sky_mag: float | None = None
    least_sky: float | None = None
    switch_share: float = 0.8


class PlanRequest(AtPlace, frozen=True, kw_only=True, tag_field="op", tag="plan"):
    """Plan the night that begins at noon `begins`; what lies before `now` is not decided again."""

    begins: datetime
    now: datetime
    candidates: list[Candidate]
    scopes: list[ScopeFacts]
    given: tuple[Given, ...] = ()
    skips: tuple[Skip, ...] = ()
    weights: Weights = Weights()
    rules: Rules = Rules()


class Named(msgspec.Struct, frozen=True):
    """A constraint with the words of its veto (a format of `figure` and `limit`)."""

    name: str
    words: str


class Factor(msgspec.Struct, frozen=True):
    """A factor with its normalised weight, and its values: targets × slots, uint16 of `SCALE`."""

    name: str
    weight: float
    values: bytes


class Verdicts(msgspec.Struct, frozen=True):
    """What was found for every pair of target and slot, for the scopes of one kind.

    `veto` is 0, or the number of a constraint, from 1; `figure` and `limit` are float32; all are
    packed, slots of one target after another.
    """

    veto: bytes
    figure: bytes
    limit: bytes


class Run(msgspec.Struct, frozen=True):
    """Slots in a row of one target on one scope; `end` is when the last one ends (aware UTC)."""

    scope: str
    uid: str
    name: str
    start: datetime
    slots: int
    pinned: bool = False
    begun: bool = False

    @property
    def end(self) -> datetime:
        """When its last slot ends."""
        return self.start + self.slots * SLOT


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """The night as it is planned, with every verdict; what executes a night reads `runs`.

    `targets` are (uid, name) in the order of the verdicts; `slots` are the beginnings. `assigned`
    has for each scope and slot the target's number, `EMPTY` or `CLOSED` (int16). `closed` are the
    reasons (scope, slot, words); `kinds` tells which `verdicts` are each scope's. `barred` are
    pairs of (target, scope) with the reason. `altitude` and `line` are for each target and slot
    hundredths of a degree (int16), `sun` and `moon_altitude` degrees at their highest. `notes` are
    what a person should know.
    """

    begins: datetime
    made_at: datetime
    slots: list[datetime]
    scopes: list[str]
    targets: list[tuple[str, str]]
    runs: list[Run]
    assigned: bytes
    constraints: list[Named]
    factors: list[Factor]
    verdicts: list[Verdicts]
    kinds: list[int]
    closed: list[tuple[int, int, str]]
    barred: list[tuple[int, int, str]]
    skipped: list[tuple[int, int, int]]
    not_now: dict[int, str]
    blocks: list[int]
    most: list[int]
    switch_share: float
    continuity: float
    total: float
    altitude: bytes
    line: bytes
    sun: list[float]
    moon_altitude: list[float]
    moon_lit: float
    notes: list[str]

    def target_at(self, scope: int, slot: int) -> int:
        """The number of the target in a slot of a scope, or `EMPTY`, or `CLOSED`."""
        return int(memoryview(self.assigned).cast("h")[scope * len(self.slots) + slot])

    def altitude_deg(self, target: int, slot: int) -> float:
        """The least altitude of a target within a slot."""
        at = target * len(self.slots) + slot
        return float(memoryview(self.altitude).cast("h")[at]) / 100

    def line_deg(self, target: int, slot: int) -> float:
        """What stands in a target's way within a slot: the trees with their margin, at most."""
        at = target * len(self.slots) + slot
        return float(memoryview(self.line).cast("h")[at]) / 100

    def veto(self, target: int, slot: int, scope: int = 0) -> tuple[Named, float, float] | None:
        """The constraint that forbids a pair, with figure and limit; None: it may be."""
        kept, at = self.verdicts[self.kinds[scope]], target * len(self.slots) + slot
        code = kept.veto[at]
        if code == NO_VETO:
            return None
        figure, limit = (memoryview(each).cast("f")[at] for each in (kept.figure, kept.limit))
        return self.constraints[code - 1], float(figure), float(limit)

    def parts(self, target: int, slot: int) -> Iterator[tuple[str, float, float]]:
        """Each factor's name, weight and value (0 to 1) for a pair, without the continuity."""
        at = target * len(self.slots) + slot
        for each in self.factors:
            yield each.name, each.weight, memoryview(each.values).cast("H")[at] / SCALE

    def score(self, target: int, slot: int) -> float:
        """The pair's merit, without what it has from the slot before."""
        return sum(weight * value for _, weight, value in self.parts(target, slot))


def continued(weight: float, blocks: int, place: int) -> float:
    """What a slot has from continuing a run: less with each, none after a visit's blocks."""
    return weight * max(0.0, 1 - place / blocks) if place > 0 else 0.0
