"""Stars of stacks, and light curves: periods, minima, events, what would have been seen."""

from typing import TYPE_CHECKING, Annotated, Any

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.base.number_option import number
from crowdsky_tui.cli.curve_bins import Bins, bins
from crowdsky_tui.cli.curve_eclipses import Minima, Minimum, known_ephemeris, minima, minimum
from crowdsky_tui.cli.curve_frames import Measure, measure
from crowdsky_tui.cli.curve_inject import Found, Inject, inject
from crowdsky_tui.cli.curve_points import (
    DAYS,
    PATIENCE_S,
    Chosen,
    OfAFile,
    chosen_points,
    printed_document,
    together,
)
from crowdsky_tui.cli.curve_projects import ACTIONS as OF_PROJECTS
from crowdsky_tui.cli.curve_projects import HELP, projects
from crowdsky_tui.cli.options import CommonOptions, flag, option
from crowdsky_tui.cli.output import print_table

if TYPE_CHECKING:
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.timeseries.results import Candidate, Event

ALIASES = 4
"""So many of each period's aliases are shown, the strongest: nightly data never tell one alone."""


class Options(CommonOptions, frozen=True, kw_only=True):
    """What every action takes."""

    reads_records = True

    action: str


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


class Fold(OfAFile, frozen=True, kw_only=True):
    """What `curves fold` takes."""

    period: Annotated[
        float | None, option("D", "the period, in days (the project's)", read=DAYS)
    ] = None
    epoch: Annotated[float | None, option("DAY", "of phase 0 (the faintest point)")] = None


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


ACTIONS: dict[str, type[CommonOptions]] = {
    **OF_PROJECTS,
    "measure": Measure,
    "period": Period,
    "fold": Fold,
    "minimum": Minimum,
    "minima": Minima,
    "bins": Bins,
    "events": Events,
    "inject": Inject,
}
_HELP = HELP | {
    "measure": "measure the stars of a field in stacks",
    "period": "look for periods, with the aliases that nightly data cannot tell from them",
    "fold": "the points over one period",
    "minima": "every expected minimum: when, how late (O-C), and the ephemeris through them",
    "bins": "means by night, season or stretch of days",
    "minimum": "when an eclipse was deepest (Kwee and van Woerden), with its error",
    "events": "what happened: flares and dips",
    "inject": "put events into the real points: which would have been found",
}


def help_of(action: str) -> str:
    """An action in some words."""
    return _HELP[action]


async def curves(options: CommonOptions, settings: "Settings") -> int:
    """Measure stars, or work something out of a light curve."""
    from crowdsky_tui.compute.client import Science

    science = Science(timeout_s=PATIENCE_S)
    try:
        if isinstance(options, Measure):
            return await measure(options, settings, science)
        if isinstance(options, tuple(OF_PROJECTS.values())):
            return await projects(options, settings, science)
        assert isinstance(options, OfAFile)
        async with chosen_points(options, settings, science) as chosen:
            code: int = await _OF_CURVES[type(options)](options, chosen, science)
            return code
    finally:
        await science.close()


async def _period(options: Period, chosen: Chosen, science: "Science") -> int:
    from crowdsky_tui.curves.periods import lone_words
    from crowdsky_tui.timeseries.messages import PeriodsRequest

    answer = await science.curve(
        PeriodsRequest(
            shortest_d=options.shortest,
            longest_d=options.longest,
            most=options.most,
            variable_type=options.type,
            **chosen.words,
        )
    )
    if not printed_document(
        options, chosen, answer.curve, candidates=answer.candidates, window=answer.window,
        lone_points=answer.lone_points,
    ):  # fmt: skip
        if answer.lone_points:
            print(lone_words(answer.lone_points))
        for candidate in answer.candidates:
            _print_candidate(candidate)
    return ExitCode.OK


async def _fold(options: Fold, chosen: Chosen, science: "Science") -> int:
    from crowdsky_tui.timeseries.messages import FoldRequest

    period, epoch = known_ephemeris(options.period, options.epoch, chosen)
    if period is None:
        raise UsageError("no period is known", "", "--period D, or curves project --eclipses")
    answer = await science.curve(FoldRequest(period_d=period, epoch=epoch, **chosen.words))
    if not printed_document(
        options, chosen, answer.curve, period_d=period, epoch=answer.epoch, folded=answer.folded
    ):
        rows = [
            (f"{each.phase:.4f}", f"{each.mag:.4f}", f"{each.time:.5f}", "" if each.good else "bad")
            for each in answer.folded
        ]
        print_table(("phase", "mag", "d", ""), rows)
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
    for alias, relations in found.distinct_aliases(ALIASES):
        word = "or" if alias.rival else "less likely"
        print(f"  {word} {alias.period:.8g} d ({relations}), power {alias.power:.3f}")


async def _events(options: Events, chosen: Chosen, science: "Science") -> int:
    from crowdsky_tui.timeseries.messages import EventsRequest

    together(options.period, options.epoch, "--period and --epoch")
    period, epoch = known_ephemeris(options.period, options.epoch, chosen)
    answer = await science.curve(
        EventsRequest(
            threshold=options.threshold,
            side=options.side,
            most=options.most,
            brightening_only=options.brightening,
            finder=options.finder,
            period_d=period,
            epoch=epoch,
            width=options.width,
            **chosen.words,
        )
    )
    if not printed_document(options, chosen, answer.curve, events=answer.events):
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


_OF_CURVES: dict[type[OfAFile], Any] = {
    Period: _period,
    Fold: _fold,
    Minimum: minimum,
    Minima: minima,
    Bins: bins,
    Events: _events,
    Inject: inject,
}
