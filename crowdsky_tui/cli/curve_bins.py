"""`curves bins`: means of a curve's good points by night, season or stretch of days."""

from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.cli.curve_points import DAYS, Chosen, OfAFile, printed_document
from crowdsky_tui.cli.options import option
from crowdsky_tui.cli.output import print_table

if TYPE_CHECKING:
    from crowdsky_tui.compute.client import Science


class Bins(OfAFile, frozen=True, kw_only=True):
    """What `curves bins` takes."""

    by: Annotated[
        str,
        option(None, "what is taken together (night)", choices=("night", "season"), exclusive="by"),
    ] = "night"
    days: Annotated[
        float | None, option("D", "stretches of so many days", read=DAYS, exclusive="by")
    ] = None


async def bins(options: Bins, chosen: Chosen, science: "Science") -> int:
    """Tell the means; their errors are the larger of what errors and what scatter says."""
    from crowdsky_tui.timeseries.messages import BinsRequest

    answer = await science.curve(
        BinsRequest(
            by="width" if options.days else options.by,  # type: ignore[arg-type]
            width_d=options.days or 1.0,
            longitude_deg=chosen.longitude_deg,
            **chosen.words,
        )
    )
    if not printed_document(options, chosen, answer.curve, bins=answer.bins):
        rows = [
            (
                f"{each.time:.5f}",
                f"{each.mag:.4f}",
                "" if each.error is None else f"{each.error:.4f}",
                each.points,
            )
            for each in answer.bins
        ]
        print_table(("middle, d", "mag", "±", "points"), rows)
    return ExitCode.OK
