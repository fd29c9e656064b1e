"""`curves coverage`: how many points of which brightness, exposure and noise a project has."""

from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.base.number_option import number
from crowdsky_tui.cli.options import CommonOptions, option, positional
from crowdsky_tui.cli.output import print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.curves.curve import StarCurve
    from crowdsky_tui.timeseries.coverage_messages import Counted, Magnitudes

BETTER_MAG = 0.03


class Coverage(CommonOptions, frozen=True, kw_only=True):
    """What `curves coverage` takes."""

    action: str
    project: Annotated[str, positional("PROJECT", completes="project")]
    star: Annotated[str | None, positional("STAR", "none: the targets", "?", completes="star")] = (
        None
    )
    better: Annotated[
        float,
        option("MAG", "count errors below this (0.03)", read=number(1e-4, 10, "magnitudes")),
    ] = BETTER_MAG


async def print_coverage(
    options: Coverage, curves: "Sequence[StarCurve]", science: "Science", sha256: str
) -> int:
    """Count the points of these curves.

    Raises
    ------
    UsageError
        There is none.
    """
    from crowdsky_tui.timeseries.coverage_messages import CountedCurve, CountsRequest

    if not curves:
        raise UsageError("there is nothing to count", "no measured frame shows a target")
    counted = [
        CountedCurve(
            mags=[point.mag for point in curve.points],
            errors=[point.error for point in curve.points],
            exposures_s=[point.exposure_s for point in curve.points],
            flags=[point.flags for point in curve.points],
        )
        for curve in curves
    ]
    answer = await science.counts(CountsRequest(curves=counted, better_mag=options.better))
    if options.json:
        print_json(
            {
                "magnitudes": answer.magnitudes,
                "histograms": answer.histograms,
                "better_mag": options.better,
                "curves": len(curves),
                "parameters_sha256": sha256,
            }
        )
        return ExitCode.OK
    print_table(
        ("stars of mag", "points", "good", f"below {options.better:g}", "hours"),
        [
            (_span(each), each.points, each.good, each.better, f"{each.hours:.1f}")
            for each in answer.magnitudes
        ],
    )
    for each in answer.histograms:
        print(_words(each))
    return ExitCode.OK


def _span(each: "Magnitudes") -> str:
    if each.low is None:
        return f"below {each.high:g}"
    return f"above {each.low:g}" if each.high is None else f"{each.low:g} to {each.high:g}"


def _words(each: "Counted") -> str:
    """Where most of the points lie, and what lies beside the axis."""
    most = max(range(len(each.counts)), key=each.counts.__getitem__)
    low, high = each.edges[most : most + 2]
    beside = f", {each.under} below and {each.over} above the axis, {each.missing} unknown"
    return f"{each.axis}: most, {each.counts[most]}, from {low:.4g} to {high:.4g}{beside}"
