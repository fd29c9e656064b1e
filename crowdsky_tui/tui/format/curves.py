"""A star's curve as lines and as a plot. Pure; magnitudes grow fainter upward in number."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

import msgspec

from crowdsky_tui.curves.curve import CurvePoint, StarCurve
from crowdsky_tui.curves.periods import Searched
from crowdsky_tui.curves.stars import CurveSummary, StarRow
from crowdsky_tui.timeseries.messages import Bin
from crowdsky_tui.timeseries.quality import Quality, words
from crowdsky_tui.tui.format.plot import Plot
from crowdsky_tui.tui.widgets.paint import Part, fit_exactly, parts_width

NAME = 14
GOOD, BAD, REJECTED, LIMIT = "●", "○", "x", "▽"
MEAN = "◆"
LEGEND = f"{GOOD} good {BAD} bad {REJECTED} rejected {LIMIT} limit"
JD_OF_1970 = 2440587.5
DAY_S = 86400.0
LONGEST_PERIOD_D = 10_000.0
ALIASES = 3
LEAST_RANGE_MAG = 0.2
"""Of the y axis, so that the noise of a constant star does not look like a variation."""
FEWEST_CELLS = 12
"""Of the x axis, for each label."""


Marks = tuple[tuple[str, tuple[tuple[float, float], ...]], ...]
"""Places (x, magnitude) by their glyph."""


class Fold(msgspec.Struct, frozen=True):
    """A period in days, and the moment (BJD) of phase 0."""

    period_d: float
    epoch: float

    def phase(self, point: CurvePoint) -> float:
        """From 0 up to 1."""
        return ((point.bjd_tdb - self.epoch) / self.period_d) % 1.0


def read_period(typed: str) -> float | None:
    """A period in days as it is typed; None for what cannot be one."""
    try:
        period = float(typed.strip().replace(",", "."))
    except ValueError:
        return None
    return period if 0 < period <= LONGEST_PERIOD_D else None


def fold_on(period_d: float, curve: StarCurve, row: StarRow | None = None) -> Fold:
    """Phase 0 is the project's epoch on its own period; else the faintest good point.

    Both are the minimum of an eclipse.
    """
    if row is not None and row.epoch is not None and period_d == row.period_d:
        return Fold(period_d, row.epoch)
    good = [each for each in curve.points if each.good] or list(curve.points)
    faintest = max(good, key=lambda each: -99.0 if each.mag is None else each.mag)
    return Fold(period_d, faintest.bjd_tdb)


def period_answers(found: Searched) -> list[tuple[float, str]]:
    """Each period that may be the true one, in days, with its words: never one without its kin."""
    answers: list[tuple[float, str]] = []
    for each in found.candidates:
        belief = "" if each.believed else ", not to be believed"
        words = f"power {each.power:.3f}, by chance {each.false_alarm:.2g}{belief}"
        answers.append((each.period, f"{each.period:.6g} d, {words}"))
        if each.double:
            answers.append((2 * each.period, f"  {2 * each.period:.6g} d, twice that"))
        for alias, relations in each.distinct_aliases(ALIASES):
            word = "as good" if alias.rival else "less likely"
            said = f"{relations}, {word}, power {alias.power:.3f}"
            answers.append((alias.period, f"  {alias.period:.6g} d, {said}"))
    return answers


def moment_of(jd_utc: float) -> datetime:
    """A Julian date as a moment in UTC."""
    return datetime.fromtimestamp(0, UTC) + timedelta(days=jd_utc - JD_OF_1970)


def seen(curve: StarCurve, *, bad: bool) -> list[CurvePoint]:
    """The points of a plot, oldest first: magnitudes and limits, bad ones on request."""
    return [
        each
        for each in curve.points
        if _height(each) is not None and (bad or each.good or each.good_limit)
    ]


def _height(point: CurvePoint) -> float | None:
    """Its magnitude, else its limit."""
    return point.limit_mag if point.mag is None else point.mag


def x_of(point: CurvePoint, fold: Fold | None) -> float:
    """Where a point stands: its phase, or its seconds since 1970."""
    return (point.jd_utc - JD_OF_1970) * DAY_S if fold is None else fold.phase(point)


def curve_plot(
    points: list[CurvePoint],
    fold: Fold | None,
    width: int,
    zone: tzinfo | None,
    others: Marks = (),
    means: Marks = (),
) -> Plot:
    """The points by their glyphs, between those of others and means: in time, or two cycles."""
    marks = list(others)
    for glyph in (BAD, REJECTED, LIMIT, GOOD):
        mine = [each for each in points if _glyph(each) == glyph]
        placed = [(x_of(each, fold), _height(each) or 0.0) for each in mine]
        if fold is not None:
            placed += [(x + 1, mag) for x, mag in placed]
        marks.append((glyph, tuple(placed)))
    marks += means
    if fold is not None:
        ticks = tuple((each / 2, f"{each / 2:.1f}") for each in range(5))
    else:
        every = [x_of(each, None) for each in points]
        ticks = _time_ticks([*every, *(x for _, marked in others for x, _ in marked)], width, zone)
    return Plot(
        x_ticks=ticks, joined=False, upward="less", marks=tuple(marks), least_y=LEAST_RANGE_MAG
    )


def bin_marks(bins: Sequence[Bin], fold: Fold | None) -> Marks:
    """The means by their glyph; BJD stands for UTC, some minutes off at most."""
    if fold is None:
        places = [((each.time - JD_OF_1970) * DAY_S, each.mag) for each in bins]
    else:
        phases = [(((each.time - fold.epoch) / fold.period_d) % 1.0, each.mag) for each in bins]
        places = [*phases, *((x + 1, mag) for x, mag in phases)]
    return ((MEAN, tuple(places)),) if places else ()


def _glyph(point: CurvePoint) -> str:
    if point.flags & Quality.REJECTED:
        return REJECTED
    if point.good_limit:
        return LIMIT
    return GOOD if point.good else BAD


def _time_ticks(xs: list[float], width: int, zone: tzinfo | None) -> tuple[tuple[float, str], ...]:
    """Moments evenly over the points: by the clock within a night, else by date."""
    if not xs:
        return ()
    low, high = min(xs), max(xs)
    count = max(min(width // FEWEST_CELLS, 8), 2)
    form = "%H:%M" if high - low < DAY_S else "%d %b %H:%M" if high - low < 4 * DAY_S else "%d %b"
    form = form if high - low < 300 * DAY_S else "%b %Y"
    places = [low + (high - low) * each / (count - 1) for each in range(count)]
    labels = [f"{datetime.fromtimestamp(each, UTC).astimezone(zone):{form}}" for each in places]
    pairs = zip(places, labels, ["", *labels], strict=False)
    return tuple((place, label) for place, label, before in pairs if label != before)


def row_line(row: StarRow, at: int, width: int, zone: tzinfo | None, *, chosen: bool) -> list[Part]:
    """A star: its curve's band, points, last magnitude, and what varied."""
    parts: list[Part] = [
        (" › " if chosen else "   ", "accent"),
        (fit_exactly(row.star, NAME), "strong" if chosen else ""),
    ]
    if not row.curves:
        return [*parts, (fit_exactly(f" {row.problem}", max(width - NAME - 4, 1)), "warn")]
    curve = row.curves[at % len(row.curves)]
    last = "–"
    if curve.last_mag is not None and curve.last_error is not None:
        last = f"{curve.last_mag:.3f} ± {curve.last_error:.3f}"
    good = f"{curve.good}/{curve.points}"
    parts.append((f" {curve.band:<2} {good:>9}  {last:<15} ", ""))
    said = variation_words(curve, zone)
    if len(said) > width - parts_width(parts):
        said = said.partition(",")[0]
    return [*parts, (said, "accent" if curve.variation else "dim")]


def variation_words(curve: CurveSummary, zone: tzinfo | None) -> str:
    """What varied, and when it was faintest; else how much the points scatter."""
    found = curve.variation
    if found is None:
        return "" if curve.rms is None else f"rms {curve.rms:.3f}"
    when = moment_of(found.faintest_jd).astimezone(zone)
    return f"varied {found.range_mag:.2f}, low {when:%d %b %H:%M}"


def point_words(point: CurvePoint, fold: Fold | None, zone: tzinfo | None) -> str:
    """A point: when, how bright, what speaks against it, and its frame."""
    when = f"{moment_of(point.jd_utc).astimezone(zone):%d %b %Y %H:%M %Z}"
    limit = "no light" if point.limit_mag is None else f"fainter than {point.limit_mag:.2f}"
    mag = limit if point.mag is None else f"{point.mag:.3f}"
    error = "" if point.error is None else f" ± {point.error:.3f}"
    said = [when, mag + error]
    said += [] if fold is None else [f"phase {fold.phase(point):.3f}"]
    said += [", ".join(words(point.flags))] if point.flags else []
    return "  ".join([*said, point.frame_name])
