"""Stars of stacks, and light curves: periods, minima, events, what would have been seen."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.base.number_option import number
from crowdsky_tui.cli.curve_frames import Measure, measure
from crowdsky_tui.cli.curve_projects import ACTIONS as OF_PROJECTS
from crowdsky_tui.cli.curve_projects import HELP, projects
from crowdsky_tui.cli.options import CommonOptions, flag, option, positional
from crowdsky_tui.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.timeseries.messages import CurveAnswer, CurveFacts, Timing
    from crowdsky_tui.timeseries.results import Candidate, Event, Recovery

WHICH = "which points"
SHAPES = ("trapezoid", "box", "gaussian", "flare")
DAYS = number(1e-6, 1e6, "a number of days")
SIGMAS = number(1e-3, 1e6, "a signal to noise")
DEGREES = number(-360, 360, "a number of degrees")
HOURS = number(1e-3, 1e4, "a number of hours")
WIDTHS_H, MAGS = (0.5, 1.0, 2.0, 4.0), (0.05, 0.1, 0.2, 0.4, 0.8)
MINUTES_A_DAY = 1440
ALIASES = 4
"""So many of each period's aliases are shown, the strongest: nightly data never tell one alone."""
PATIENCE_S = 3600.0  # the longest wait for one answer; ctrl+c ends it at once


class Options(CommonOptions, frozen=True, kw_only=True):
    """What every action takes."""

    action: str


class OfAFile(Options, frozen=True, kw_only=True):
    """The file, and which points of it."""

    file: Annotated[
        Path, positional("FILE", "a table of time, magnitude, error; AAVSO, ZTF", completes="file")
    ]
    flux: Annotated[bool, flag("a file without column names holds fluxes", group=WHICH)] = False
    star: Annotated[str, option("NAME", "of this star", group=WHICH)] = ""
    band: Annotated[str, option("BAND", "in this band", group=WHICH)] = ""
    system: Annotated[str, option("KIND", "STD, DIFF, STEP", group=WHICH)] = ""
    series: Annotated[str, option("ID", "of this object id", group=WHICH)] = ""
    exposure: Annotated[float | None, option("S", "of S seconds", group=WHICH)] = None
    since: Annotated[float | None, option("DAY", "from this day of the file on", group=WHICH)] = (
        None
    )
    until: Annotated[float | None, option("DAY", "up to this day", group=WHICH)] = None


class Period(OfAFile, frozen=True, kw_only=True):
    """What `curves period` takes."""

    shortest: Annotated[float, option("D", "shortest period in days (0.05)", read=DAYS)] = 0.05
    longest: Annotated[float | None, option("D", "longest (the file's span)", read=DAYS)] = None
    type: Annotated[
        str, option("TYPE", "VSX's type; if it begins with E, twice the period is offered")
    ] = ""
    most: Annotated[
        int,
        option(
            "N",
            "look at N frequencies at most (100000)",
            read=number(10, 1e7, "a number of frequencies", whole=True),
        ),
    ] = 100_000


class Minimum(OfAFile, frozen=True, kw_only=True):
    """What `curves minimum` takes."""

    rms: Annotated[
        float | None,
        option("R", "noise of one point, in the file's unit", read=number(1e-9, 1e9, "a noise")),
    ] = None

    ra: Annotated[
        float | None,
        option("DEG", "tell HJD and BJD too: the file's days are JD in UTC", read=DEGREES),
    ] = None
    dec: Annotated[float | None, option("DEG", "and this declination", read=DEGREES)] = None
    period: Annotated[
        float | None, option("D", "tell observed minus computed: the period", read=DAYS)
    ] = None
    epoch: Annotated[float | None, option("DAY", "and the day of a minimum, as in the file")] = None


class Found(OfAFile, frozen=True, kw_only=True):
    """What is common to finding events and to trying the finder."""

    threshold: Annotated[float, option("S/N", "of an event's peak (5)", read=SIGMAS)] = 5.0
    side: Annotated[
        float, option("S/N", "of its other points; below 0 so much less than the peak's (-2)")
    ] = -2.0


class Events(Found, frozen=True, kw_only=True):
    """What `curves events` takes."""

    most: Annotated[
        int,
        option("N", "the N strongest (20)", read=number(1, 10_000, "a number", whole=True)),
    ] = 20
    finder: Annotated[str, option("NAME", "of another package instead of ours")] = ""
    brightening: Annotated[bool, flag("only what became brighter")] = False
    period: Annotated[
        float | None, option("D", "known eclipses: their period in days", read=DAYS)
    ] = None
    epoch: Annotated[float | None, option("DAY", "and the day of one")] = None
    width: Annotated[
        float,
        option("PART", "and their width, a part of the period (0.1)", read=number(0, 1, "a part")),
    ] = 0.1


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


ACTIONS: dict[str, type[CommonOptions]] = {
    **OF_PROJECTS,
    "measure": Measure,
    "period": Period,
    "minimum": Minimum,
    "events": Events,
    "inject": Inject,
}
_HELP = HELP | {
    "measure": "measure the stars of a field in stacks",
    "period": "look for periods, with the aliases that nightly data cannot tell from them",
    "minimum": "when an eclipse was deepest (Kwee and van Woerden), with its error",
    "events": "what happened: flares and dips",
    "inject": "put events into the real points: which would have been found",
}


def help_of(action: str) -> str:
    """An action in some words."""
    return _HELP[action]


async def curves(options: CommonOptions, settings: "Settings") -> int:
    """Measure stars, or work something out of a light curve in a file."""
    from crowdsky_tui.compute.client import Science

    science = Science(timeout_s=PATIENCE_S)
    try:
        if isinstance(options, Measure):
            return await measure(options, settings, science)
        if isinstance(options, tuple(OF_PROJECTS.values())):
            return await projects(options, settings, science)
        if isinstance(options, Period):
            return await _period(options, science)
        if isinstance(options, Minimum):
            return await _minimum(options, science)
        if isinstance(options, Events):
            return await _events(options, science)
        assert isinstance(options, Inject)
        return await _inject(options, science)
    finally:
        await science.close()


def _choice(options: OfAFile) -> dict[str, Any]:
    """Which points, in the words of the requests."""
    chosen = ("flux", "star", "band", "system", "series", "since", "until")
    path = os.fsencode(options.file.expanduser())
    return {"path": path, "exposure_s": options.exposure} | {
        name: getattr(options, name) for name in chosen
    }


def _printed_document(options: OfAFile, curve: "CurveFacts", **found: object) -> bool:
    """Print the document if it is asked for; else what the curve is. Whether it is printed."""
    if curve.unread:
        say(f"{curve.unread} lines are no points, the first is line {curve.first_unread}")
    if options.json:
        print_json({"curve": curve, **found})
        return True
    words = [each for each in (curve.star, curve.band, curve.system, curve.series) if each]
    scatter = "" if curve.mean is None else f", {curve.mean:.3f} ± {curve.rms:.3f} mag"
    print(f"{' '.join(words)}: {curve.good} good points of {curve.points}{scatter}")
    return False


async def _period(options: Period, science: "Science") -> int:
    from crowdsky_tui.timeseries.messages import PeriodsRequest

    answer = await science.curve(
        PeriodsRequest(
            shortest_d=options.shortest,
            longest_d=options.longest,
            most=options.most,
            variable_type=options.type,
            **_choice(options),
        )
    )
    if not _printed_document(
        options, answer.curve, candidates=answer.candidates, window=answer.window
    ):
        for candidate in answer.candidates:
            _print_candidate(candidate)
    return ExitCode.OK


def _print_candidate(found: "Candidate") -> None:
    error = "" if found.period_error is None else f" ± {found.period_error:.2g}"
    belief = "" if found.believed else ", not to be believed"
    print(
        f"{found.period:.8g}{error} d, power {found.power:.3f}, "
        f"by chance {found.false_alarm:.2g}{belief}"
    )
    if found.double:
        print(f"  or twice that: {2 * found.period:.8g} d")
    for alias in found.family[:ALIASES]:
        word = "or" if alias.rival else "less likely"
        print(f"  {word} {alias.period:.8g} d ({alias.relation}), power {alias.power:.3f}")


def _together(one: float | None, other: float | None, names: str) -> None:
    if (one is None) != (other is None):
        raise UsageError(f"{names} go together")


async def _minimum(options: Minimum, science: "Science") -> int:
    from crowdsky_tui.timeseries.messages import MinimumRequest

    _together(options.ra, options.dec, "--ra and --dec")
    _together(options.period, options.epoch, "--period and --epoch")
    answer = await science.curve(
        MinimumRequest(
            rms=options.rms,
            ra_deg=options.ra,
            dec_deg=options.dec,
            period_d=options.period,
            epoch=options.epoch,
            **_choice(options),
        )
    )
    found, timing = answer.minimum, answer.timing
    assert found is not None and timing is not None
    if not _printed_document(options, answer.curve, minimum=found, timing=timing):
        told = f"{found.time:.7f} ± {found.error:.7f} d"
        print(f"minimum at {told} (of itself ± {found.formal_error:.7f})")
        for name, time in (("parabola", found.parabola), ("4th order", found.quartic)):
            print(f"  {name}: {'none' if time is None else f'{time:.7f}'}")
        _print_timing(timing)
    return ExitCode.OK


def _print_timing(timing: "Timing") -> None:
    if timing.hjd_utc is not None:
        print(f"HJD (UTC) {timing.hjd_utc:.6f}, BJD (TDB) {timing.bjd_tdb:.6f}")
    if timing.observed_minus_computed_d is not None:
        late = timing.observed_minus_computed_d
        told = f"{late:+.6f} d ({late * MINUTES_A_DAY:+.2f} min)"
        print(f"cycle {timing.cycle:g}, observed minus computed {told}")


async def _events(options: Events, science: "Science") -> int:
    from crowdsky_tui.timeseries.messages import EventsRequest

    _together(options.period, options.epoch, "--period and --epoch")
    answer = await science.curve(
        EventsRequest(
            threshold=options.threshold,
            side=options.side,
            most=options.most,
            brightening_only=options.brightening,
            finder=options.finder,
            period_d=options.period,
            epoch=options.epoch,
            width=options.width,
            **_choice(options),
        )
    )
    if not _printed_document(options, answer.curve, events=answer.events):
        _print_events(answer.events)
    return ExitCode.OK


def _print_events(events: "tuple[Event, ...]") -> None:
    if not events:
        print("nothing happened that stands out")
        return
    rows = [
        (
            "brighter" if event.sign > 0 else "fainter",
            f"{event.peak:.5f}",
            f"{(event.end - event.start) * 24:.2f}",
            f"{event.snr:+.1f}",
            "" if event.dmag is None else f"{event.dmag:+.3f}",
            event.points,
            "expected" if event.expected else "",
        )
        for event in events
    ]
    print_table(("", "peak, d", "hours", "S/N", "mag brighter", "points", ""), rows)


async def _inject(options: Inject, science: "Science") -> int:
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
                    seed=options.file.name,
                    **_choice(options),
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
    if not _printed_document(options, answer.curve, **found):
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
