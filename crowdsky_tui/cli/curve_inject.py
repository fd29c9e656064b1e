"""`curves inject`: which events would have been found in a curve, and how often they may come."""

from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.base.number_option import number
from crowdsky_tui.cli.curve_points import Chosen, OfAFile, printed_document
from crowdsky_tui.cli.options import option
from crowdsky_tui.cli.output import print_table, say

if TYPE_CHECKING:
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.timeseries.messages import CurveAnswer
    from crowdsky_tui.timeseries.results import Recovery

SHAPES = ("trapezoid", "box", "gaussian", "flare")
SIGMAS = number(1e-3, 1e6, "a signal to noise")
HOURS = number(1e-3, 1e4, "a number of hours")
WIDTHS_H, MAGS = (0.5, 1.0, 2.0, 4.0), (0.05, 0.1, 0.2, 0.4, 0.8)
MINUTES_A_DAY = 1440


class Found(OfAFile, frozen=True, kw_only=True):
    """What is common to finding events and to trying the finder."""

    threshold: Annotated[float, option("S/N", "of an event's peak (5)", read=SIGMAS)] = 5.0
    side: Annotated[
        float, option("S/N", "of its other points; below 0 so much less than the peak's (-2)")
    ] = -2.0


class Inject(Found, frozen=True, kw_only=True):
    """What `curves inject` takes."""

    shape: Annotated[str, option(None, "what is put in", choices=SHAPES)] = "trapezoid"
    width: Annotated[
        tuple[float, ...], option("H", "how long, in hours", repeated=True, read=HOURS)
    ] = ()
    mag: Annotated[
        tuple[float, ...],
        option(
            "MAG", "how much fainter (a flare: brighter)", repeated=True,
            read=number(1e-4, 20, "a number of magnitudes"),
        ),
    ] = ()  # fmt: skip
    block: Annotated[
        float, option("MIN", "how long one exposure lasts (15)", read=number(0, 1440, "minutes"))
    ] = 15.0
    trials: Annotated[
        int, option("N", "of each kind (200)", read=number(1, 100_000, "a number", whole=True))
    ] = 200


async def inject(options: Inject, chosen: Chosen, science: "Science") -> int:
    """Put events of each width and size into the points, and tell which were found."""
    from crowdsky_tui.timeseries.messages import RecoveryRequest
    from crowdsky_tui.timeseries.results import Recovery

    widths = [hours / 24 for hours in options.width or WIDTHS_H]
    sign = -1 if options.shape == "flare" else 1
    cells, coverage = [], {}
    answer: CurveAnswer | None = None
    for width in widths:
        for mag in options.mag or MAGS:
            answer = await science.curve(
                RecoveryRequest(
                    shape=options.shape,  # type: ignore[arg-type]
                    width_d=width,
                    delta_mag=sign * mag,
                    block_d=options.block / MINUTES_A_DAY,
                    threshold=options.threshold,
                    side=options.side,
                    trials=options.trials,
                    seed=chosen.name,
                    **chosen.words,
                )
            )
            assert answer.cell is not None
            cells.append(answer.cell)
            coverage[width] = answer.coverage
            say(f"{answer.cell.recovered} of {options.trials}: {width * 24:g} h, {mag:g} mag")
    assert answer is not None
    tried = Recovery(options.shape, tuple(cells), coverage, answer.events)  # type: ignore[arg-type]
    lines = [tried.sentence(width) for width in widths]
    limits = _rate_limits(tried, answer.season_d)
    found: dict[str, object] = {
        "cells": tried.cells,
        "coverage": [{"width_d": width, "part": part} for width, part in coverage.items()],
        "false_alarms": tried.false_alarms,
        "sentences": lines,
        "rate_limits": limits,
    }
    if not printed_document(options, chosen, answer.curve, **found):
        _print_recovery(tried, [*lines, *(_limit_sentence(each) for each in limits)])
    return ExitCode.OK


def _rate_limits(tried: "Recovery", season_d: float) -> list[dict[str, float]]:
    """How often the largest events may come at most, 95 %, where none of that sign was found."""
    from crowdsky_tui.timeseries.limits import rate_limit

    limits = []
    for width in dict.fromkeys(each.width_d for each in tried.cells):
        largest = max(
            (each for each in tried.cells if each.width_d == width),
            key=lambda each: abs(each.delta_mag),
        )
        sign = -1 if largest.delta_mag > 0 else 1
        found = any(event.sign == sign for event in tried.false_alarms)
        if not found and largest.recovered:
            rate = rate_limit(season_d * tried.coverage[width], largest.part)
            limits.append({"width_d": width, "delta_mag": largest.delta_mag, "most_per_day": rate})
    return limits


def _limit_sentence(limit: dict[str, float]) -> str:
    hours, mag = limit["width_d"] * 24, abs(limit["delta_mag"])
    return f"{hours:g} h of {mag:g} mag: at most {limit['most_per_day']:.2g} begin in a day (95 %)"


def _print_recovery(tried: "Recovery", lines: list[str]) -> None:
    rows = [
        (f"{each.width_d * 24:g}", f"{abs(each.delta_mag):g}", f"{each.part:.0%}")
        for each in tried.cells
    ]
    print_table(("hours", "mag", "found"), rows)
    print(f"false alarms: {len(tried.false_alarms)}")
    for line in lines:
        print(line)
