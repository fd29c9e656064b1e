"""What the compute child is asked of a curve in a file, and what it answers. Imports no numpy."""

import msgspec

from crowdsky_tui.timeseries.results import (
    Candidate,
    Cell,
    Event,
    Minimum,
    ShapeName,
)


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
    """Tell when the star was faintest; `rms` is one point's noise in the file's unit."""

    rms: float | None = None


class EventsRequest(Choice, frozen=True, kw_only=True, tag_field="op", tag="events"):
    """Find what happened, each season by itself.

    Eclipses by `period_d`, `epoch` and `width` (part of the period) are marked as expected.
    """

    threshold: float
    side: float
    most: int
    brightening_only: bool = False
    period_d: float | None = None
    epoch: float | None = None
    width: float = 0.1


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


CurveRequest = PeriodsRequest | MinimumRequest | EventsRequest | RecoveryRequest


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


class CurveAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was found: of all but `curve` only what was asked for."""

    curve: CurveFacts
    candidates: tuple[Candidate, ...] = ()
    window: tuple[tuple[float, float], ...] = ()
    minimum: Minimum | None = None
    events: tuple[Event, ...] = ()
    cell: Cell | None = None
    coverage: float = 0.0
