"""How good a stack is beside its own kind: a grade, and the reason for it in words.

Pure functions. A stack is compared with others of the same telescope, target, filter and exposure,
by median and robust spread; there are no fixed cuts. Too few to compare with is *unknown*, which
is not bad. Nothing is ever deleted by a grade.
"""

import math
from collections.abc import Callable, Sequence
from enum import StrEnum
from statistics import median

import msgspec

from crowdsky_tui.photometry.measures import Quality

FEWEST = 4
"""Stacks to compare with below which nothing is said."""
DOUBTFUL_FROM, POOR_FROM = 3.0, 6.0
"""Robust spreads away from the usual."""
TO_SIGMA = 1.4826  # of a normal distribution, from its median absolute deviation


class Grade(StrEnum):
    """How good a stack is, by its measures."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    POOR = "poor"
    UNKNOWN = "unknown"


class Graded(msgspec.Struct, frozen=True):
    """A grade with its reasons, the worst first, and how many stacks it was compared with."""

    grade: Grade
    reasons: tuple[str, ...]
    compared: int = 0

    @property
    def text(self) -> str:
        """The reasons in one line."""
        return "; ".join(self.reasons)


class Measure(msgspec.Struct, frozen=True):
    """One number of a `Quality`.

    `worse` is +1 where more is worse, -1 where less is. `floor` is the least relative spread taken
    for usual: a quiet session must not turn trifles into faults. What cannot be the stack's own
    fault (the Moon raises a background) is `mild`: never worse than doubtful. `pedestal` is added
    to a number that is usually next to nothing before it is compared.
    """

    name: str
    value: Callable[[Quality], float | None]
    show: Callable[[float], str]
    worse: int
    floor: float
    mild: bool = False
    of_shape: bool = False
    pedestal: float = 0.0

    def off(self, value: float, middle: float) -> float:
        """How many times worse than `middle`, as a natural logarithm."""
        return self.worse * math.log((value + self.pedestal) / (middle + self.pedestal))


def _noise_of_one(quality: Quality) -> float:
    """The noise that a single sub-frame had: a stack of few is noisier without being worse."""
    return quality.noise * math.sqrt(max(quality.frames or 1, 1))


MEASURES = (
    Measure("FWHM", lambda q: q.fwhm_px, lambda v: f"{v:.1f} px", 1, 0.10, of_shape=True),
    Measure("elongation", lambda q: q.elongation, lambda v: f"{v:.2f}", 1, 0.08, of_shape=True),
    Measure("stars", lambda q: float(q.stars), lambda v: f"{v:.0f}", -1, 0.20),
    Measure("star light", lambda q: q.light, lambda v: f"{v:,.0f} ADU", -1, 0.20),
    Measure("background", lambda q: q.background, lambda v: f"{v:,.0f} ADU", 1, 0.15, mild=True),
    Measure("noise per sub", _noise_of_one, lambda v: f"{v:.1f} ADU", 1, 0.20, mild=True),
    Measure("uneven sky", lambda q: q.unevenness, lambda v: f"{v:.1%}", 1, 0.25, pedestal=0.05),
)


class Usual(msgspec.Struct, frozen=True):
    """What is usual: the median of one measure and its robust relative spread."""

    middle: float
    spread: float


def usual(measure: Measure, others: Sequence[Quality]) -> Usual | None:
    """None if fewer than FEWEST of the others have this measure."""
    values = [
        value
        for each in others
        if (value := measure.value(each)) is not None and value + measure.pedestal > 0
    ]
    if len(values) < FEWEST:
        return None
    middle = median(values)
    deviation = median(abs(measure.off(value, middle)) for value in values)
    return Usual(middle, max(TO_SIGMA * deviation, measure.floor))


def grade(own: Quality, same: Sequence[Quality], night: Sequence[Quality] = ()) -> Graded:
    """Grade a stack beside the others of its kind.

    `same` are other stacks of the same telescope, target, filter and exposure. Where they are too
    few, the shape of the stars alone is judged by `night`, the telescope's other stacks of that
    night: focus and tracking are the telescope's, whatever it looks at.
    """
    if len(same) >= FEWEST:
        return _graded(own, same, MEASURES, "this target's usual")
    if len(night) >= FEWEST:
        shape = tuple(measure for measure in MEASURES if measure.of_shape)
        found = _graded(own, night, shape, "this night's usual")
        if found.grade in {Grade.DOUBTFUL, Grade.POOR}:
            return found
    count = len(same)
    few = f"only {count} other{'s' * (count != 1)}" if count else "no other"
    reason = f"{few} of this target, filter and exposure to compare with; {FEWEST} are needed"
    return Graded(Grade.UNKNOWN, (reason,), count)


def _graded(
    own: Quality, others: Sequence[Quality], measures: Sequence[Measure], whose: str
) -> Graded:
    faults: list[tuple[float, str, bool]] = []
    if not own.stars:
        faults.append((math.inf, "no stars were found", False))
    for measure in measures:
        value, normal = measure.value(own), usual(measure, others)
        if value is None or normal is None or value + measure.pedestal <= 0:
            continue
        off = measure.off(value, normal.middle) / normal.spread
        if off >= DOUBTFUL_FROM:
            faults.append((off, _words(measure, value, normal.middle, whose), measure.mild))
    faults.sort(key=lambda fault: -fault[0])
    poor = any(off >= POOR_FROM and not mild for off, _, mild in faults)
    reasons = tuple(reason for _, reason, _ in faults)
    if poor or faults:
        return Graded(Grade.POOR if poor else Grade.DOUBTFUL, reasons, len(others))
    return Graded(Grade.GOOD, (f"like the other {len(others)} beside it",), len(others))


def _words(measure: Measure, value: float, middle: float, whose: str) -> str:
    """`FWHM 4.1 px, twice this target's usual 2.0 px`"""
    if measure.pedestal:
        return f"{measure.name} {measure.show(value)}, {whose} {measure.show(middle)}"
    share = value / middle if value > middle else middle / value
    if share >= 1.9:
        times = "twice" if share < 2.15 else f"{share:.1f} times"
        how = times if value > middle else ("half" if share < 2.15 else f"1/{share:.1f} of")
    else:
        how = f"{abs(value / middle - 1):.0%} {'above' if value > middle else 'below'}"
    return f"{measure.name} {measure.show(value)}, {how} {whose} {measure.show(middle)}"


class Compared(msgspec.Struct, frozen=True):
    """One number of a stack as text, beside what is usual ("" where nobody knows)."""

    name: str
    value: str
    usual: str
    off: bool


def compare(own: Quality, same: Sequence[Quality]) -> tuple[Compared, ...]:
    """All measures of a stack beside the median and the spread of its own kind."""
    lines = []
    for measure in MEASURES:
        value, normal = measure.value(own), usual(measure, same)
        if value is None:
            lines.append(Compared(measure.name, "–", "", off=False))
            continue
        text, off = "", False
        if normal is not None:
            text = f"{measure.show(normal.middle)} ±{normal.spread:.0%}"
            usable = value + measure.pedestal > 0
            off = usable and measure.off(value, normal.middle) / normal.spread >= DOUBTFUL_FROM
        lines.append(Compared(measure.name, measure.show(value), text, off))
    return tuple(lines)


def hints(own: Quality, same: Sequence[Quality], recorded: int = 0) -> tuple[str, ...]:
    """What the numbers hint at: trails, clouds, saturation, dropped sub-frames. Never a verdict."""
    found = []
    by_name = {measure.name: usual(measure, same) for measure in MEASURES}
    elongation, light = by_name["elongation"], by_name["star light"]
    if own.elongation and own.alignment and elongation and own.alignment > 0.7:
        if math.log(own.elongation / elongation.middle) > DOUBTFUL_FROM * elongation.spread:
            found.append("trails: the stars are long, all the same way")
    elif own.elongation and own.alignment and own.elongation > 1.5 and own.alignment > 0.7:
        found.append("trails? the stars are long, all the same way")
    if own.streaks:
        found.append(f"{own.streaks} streak{'s' * (own.streaks != 1)}: satellite or aircraft")
    if own.light and light and math.log(light.middle / own.light) > DOUBTFUL_FROM * light.spread:
        found.append("clouds or haze: the stars are fainter than usual")
    if any(each.off for each in compare(own, same) if each.name == "uneven sky"):
        found.append("haze, cloud or a light nearby: the sky is brighter on one side")
    if recorded and own.frames is not None and own.frames < recorded:
        found.append(f"{recorded - own.frames} of {recorded} sub-frames were not accepted")
    return tuple(found)


def may_go(graded: Graded | None) -> tuple[bool, str]:
    """The rule of `review.mode = "hold_poor"`: whether a stack may leave unseen, and why."""
    if graded is None:
        return False, "not measured yet"
    if graded.grade is Grade.POOR:
        return False, f"graded poor: {graded.text}"
    if graded.grade is Grade.UNKNOWN:
        return True, f"kept by rule: unknown is not bad ({graded.text})"
    if graded.grade is Grade.DOUBTFUL:
        return True, f"kept by rule: doubtful, not poor ({graded.text})"
    return True, f"kept by rule: {graded.text}"
