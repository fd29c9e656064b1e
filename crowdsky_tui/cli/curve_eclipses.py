"""`curves minimum|minima`: when eclipses were deepest, and how late they came."""

from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.base.number_option import number
from crowdsky_tui.cli.curve_points import DAYS, Chosen, OfAFile, printed_document, together
from crowdsky_tui.cli.options import option
from crowdsky_tui.cli.output import print_table

if TYPE_CHECKING:
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.timeseries.messages import Eclipse, Line, Timing

DEGREES = number(-360, 360, "a number of degrees")
NOISE = number(1e-9, 1e9, "a noise")
MINUTES_A_DAY = 1440
WIDTH = 0.1


class Minimum(OfAFile, frozen=True, kw_only=True):
    """What `curves minimum` takes."""

    rms: Annotated[
        float | None,
        option("R", "noise of one point, in the file's unit", read=NOISE),
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


class Minima(OfAFile, frozen=True, kw_only=True):
    """What `curves minima` takes."""

    period: Annotated[
        float | None, option("D", "of the eclipses, in days (the project's)", read=DAYS)
    ] = None
    epoch: Annotated[float | None, option("DAY", "of a minimum (the project's)")] = None
    width: Annotated[
        float | None,
        option(
            "PART", "that an eclipse takes of the period (0.1)", read=number(1e-6, 0.5, "a part")
        ),
    ] = None
    rms: Annotated[
        float | None, option("R", "noise of one point, in the file's unit", read=NOISE)
    ] = None


async def minimum(options: Minimum, chosen: Chosen, science: "Science") -> int:
    """Tell when an eclipse was deepest, and how late that was."""
    from crowdsky_tui.timeseries.messages import MinimumRequest

    together(options.ra, options.dec, "--ra and --dec")
    if options.project and options.ra is not None:
        raise UsageError("--ra is for files", "a project's times are BJD (TDB)")
    together(options.period, options.epoch, "--period and --epoch")
    period, epoch = known_ephemeris(options.period, options.epoch, chosen)
    answer = await science.curve(
        MinimumRequest(
            rms=options.rms,
            ra_deg=options.ra,
            dec_deg=options.dec,
            period_d=period,
            epoch=epoch,
            **chosen.words,
        )
    )
    found, timing = answer.minimum, answer.timing
    assert found is not None and timing is not None
    if not printed_document(options, chosen, answer.curve, minimum=found, timing=timing):
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


def known_ephemeris(
    period: float | None, epoch: float | None, chosen: Chosen
) -> tuple[float | None, float | None]:
    """What is typed, else what the project knows of its star."""
    if period is None and chosen.ephemeris is not None:
        return chosen.ephemeris.period_d, chosen.ephemeris.epoch
    return period, epoch


async def minima(options: Minima, chosen: Chosen, science: "Science") -> int:
    """Tell every minimum that the ephemeris expects, and the ephemeris through them."""
    from crowdsky_tui.timeseries.messages import MinimaRequest

    together(options.period, options.epoch, "--period and --epoch")
    period, epoch = known_ephemeris(options.period, options.epoch, chosen)
    if period is None or epoch is None:
        raise UsageError(
            "no ephemeris is known", "", "--period D --epoch DAY, or curves project --eclipses"
        )
    width = options.width or (chosen.ephemeris.width if chosen.ephemeris else WIDTH)
    answer = await science.curve(
        MinimaRequest(period_d=period, epoch=epoch, width=width, rms=options.rms, **chosen.words)
    )
    found = {"minima": answer.eclipses, "ephemeris": answer.line}
    if not printed_document(options, chosen, answer.curve, **found):
        _print_minima(answer.eclipses)
        if answer.line is not None:
            print(_line_words(answer.line))
    return ExitCode.OK


def _print_minima(eclipses: "tuple[Eclipse, ...]") -> None:
    if not eclipses:
        print("no point lies in an expected minimum")
        return
    rows = []
    for each in eclipses:
        if each.minimum is None or each.late_d is None:
            rows.append((f"{each.cycle:g}", f"{each.expected:.5f}", "", "", each.points, each.why))
            continue
        late = f"{each.late_d * MINUTES_A_DAY:+.2f} min"
        time, error = f"{each.minimum.time:.5f}", f"{each.minimum.error:.5f}"
        rows.append((f"{each.cycle:g}", time, error, late, each.points, ""))
    print_table(("cycle", "minimum, d", "±", "O−C", "points", ""), rows)


def _line_words(line: "Line") -> str:
    def error(value: float | None) -> str:
        return "" if value is None else f" ± {value:.2g}"

    bent = ""
    if line.quadratic_d:
        bent = f" + {line.quadratic_d:.3g}{error(line.quadratic_error)} E²"
    return (
        f"T = {line.epoch:.6f}{error(line.epoch_error)} + "
        f"{line.period_d:.8f}{error(line.period_error)} E{bent}"
    )
