"""What the compute child is asked of a curve in a file, and what it answers. Imports no numpy."""

from typing import Literal

import msgspec

from crowdsky_tui.timeseries.results import Candidate, Cell, Event, Minimum, ShapeName


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which points of which file.

    The path travels as bytes: not every name is text. `star`, `band`, `system`, `series` and
    `exposure_s` choose where the file holds several; empty: any. `since` and `until` are in the
    file's own days.
    `flux`: the values of a file without column names are fluxes.
    """

    path: bytes
    flux: bool = False
    star: str = ""
    band: str = ""
    system: str = ""
    series: str = ""
    exposure_s: float | None = None
    since: float | None = None
    until: float | None = None


class PeriodsRequest(Choice, frozen=True, kw_only=True, tag_field="op", tag="periods"):
    """Look for periods from `shortest_d` to `longest_d` days (None: the span)."""

    shortest_d: float
    longest_d: float | None = None
    most: int
    variable_type: str = ""


class MinimumRequest(Choice, frozen=True, kw_only=True, tag_field="op", tag="minimum"):
    """Tell when the star was faintest; `rms` is one point's noise in the file's unit.

    With a position (ICRS, degrees) the file's days are Julian dates in UTC, and the answer holds
    HJD and BJD too. With a period and an epoch, in the file's own scale, observed minus computed.
    """

    rms: float | None = None
    ra_deg: float | None = None
    dec_deg: float | None = None
    period_d: float | None = None
    epoch: float | None = None


class EventsRequest(Choice, frozen=True, kw_only=True, tag_field="op", tag="events"):
    """Find what happened, each season by itself.

    Eclipses by `period_d`, `epoch` and `width` (part of the period) are marked as expected.
    `finder` names one of another package's; the thresholds are ours alone.
    """

    threshold: float
    side: float
    most: int
    brightening_only: bool = False
    period_d: float | None = None
    epoch: float | None = None
    width: float = 0.1
    finder: str = ""


class RecoveryRequest(Choice, frozen=True, kw_only=True, tag_field="op", tag="recovery"):
    """Put events of one width and size into the longest season, and look for them."""

    shape: ShapeName
    width_d: float
    delta_mag: float
    block_d: float
    threshold: float
    side: float
    trials: int
    seed: str


class MinimaRequest(Choice, frozen=True, kw_only=True, tag_field="op", tag="minima"):
    """Tell the time of each minimum that an ephemeris expects, and the line through all of them.

    `period_d`, `epoch` and `width` (part of the period) are in the file's own scale; `rms` is one
    point's noise in the file's unit.
    """

    period_d: float
    epoch: float
    width: float
    rms: float | None = None


class FoldRequest(Choice, frozen=True, kw_only=True, tag_field="op", tag="fold"):
    """Tell each point's phase; without an epoch the faintest good point has phase 0."""

    period_d: float
    epoch: float | None = None


class BinsRequest(Choice, frozen=True, kw_only=True, tag_field="op", tag="bins"):
    """Tell means of good points by night, by season, or by stretches of `width_d` days.

    A night ends at the local mean noon of `longitude_deg` (east).
    """

    by: Literal["night", "season", "width"]
    width_d: float = 1.0
    longitude_deg: float = 0.0


CurveRequest = (
    PeriodsRequest
    | MinimumRequest
    | MinimaRequest
    | FoldRequest
    | BinsRequest
    | EventsRequest
    | RecoveryRequest
)


class CurveFacts(msgspec.Struct, frozen=True):
    """The curve that an answer is about. `limits` and `unread` are lines of the file."""

    star: str
    band: str
    system: str
    series: str
    points: int
    good: int
    first: float
    last: float
    mean: float | None
    rms: float | None
    limits: int
    unread: int
    first_unread: int


class Timing(msgspec.Struct, frozen=True):
    """A minimum on other scales, and against an ephemeris; None where it was not asked for.

    `cycle` is half a number for a secondary minimum.
    """

    hjd_utc: float | None = None
    bjd_tdb: float | None = None
    cycle: float | None = None
    observed_minus_computed_d: float | None = None


class Eclipse(msgspec.Struct, frozen=True):
    """An expected minimum with points in it: when it came, or why that cannot be told.

    Days in the file's own scale. `cycle` is half a number for a secondary minimum; `late_d` is
    observed minus computed.
    """

    cycle: float
    expected: float
    points: int
    minimum: Minimum | None = None
    late_d: float | None = None
    why: str = ""


class Line(msgspec.Struct, frozen=True):
    """The ephemeris through many minima: T(E) = epoch + period E + quadratic E^2, in days.

    `chi2` is for each degree of freedom; `chance` is how often noise alone would make a quadratic
    term as good. None where too few minima tell it.
    """

    epoch: float
    period_d: float
    quadratic_d: float
    epoch_error: float | None
    period_error: float | None
    quadratic_error: float | None
    chi2: float | None
    chance: float | None


class Folded(msgspec.Struct, frozen=True):
    """A point with its phase, from 0 up to 1."""

    phase: float
    time: float
    mag: float
    error: float | None
    good: bool


class Bin(msgspec.Struct, frozen=True):
    """The weighted mean of some good points; the error is None where none is known."""

    time: float
    mag: float
    error: float | None
    points: int


class CurveAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was found: of all but `curve` only what was asked for.

    `coverage` is the part of the tried season, `season_d` days, in which an event met a point;
    `lone_points` how many the search for periods left out because they stand alone in their night.
    """

    curve: CurveFacts
    candidates: tuple[Candidate, ...] = ()
    window: tuple[tuple[float, float], ...] = ()
    minimum: Minimum | None = None
    timing: Timing | None = None
    eclipses: tuple[Eclipse, ...] = ()
    line: Line | None = None
    folded: tuple[Folded, ...] = ()
    epoch: float | None = None
    bins: tuple[Bin, ...] = ()
    events: tuple[Event, ...] = ()
    cell: Cell | None = None
    coverage: float = 0.0
    season_d: float = 0.0
    lone_points: int = 0
