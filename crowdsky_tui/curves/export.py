"""Curves as files: equal inputs make equal bytes, and each says where it comes from."""

from collections.abc import Callable, Iterable, Sequence
from math import log10

import msgspec

from crowdsky_tui import __version__
from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.curves.aavso import Observation, extended_file, filter_code
from crowdsky_tui.curves.curve import CurvePoint, Measured, StarCurve
from crowdsky_tui.curves.project import Effective, Project
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.quality import Quality

FIVE_TO_TEN_MAG = 2.5 * log10(2)
"""By how much brighter a star with ten times the noise is than one with five times."""
SOFTWARE = f"crowdsky-tui {__version__}"
COLUMNS: tuple[tuple[str, str, str, str], ...] = (
    ("jd_utc", "float64", "d", "middle, Julian date, UTC"),
    ("bjd_tdb", "float64", "d", "middle, barycentric Julian date, TDB"),
    ("mag", "float64", "mag", "by an ensemble, on the catalogue's V"),
    ("mag_err", "float64", "mag", "one standard deviation, with the floor"),
    ("band", "string", "", "TG: green behind IRCUT, on V; LP: behind the dual-band filter"),
    (
        "flags",
        "int64",
        "",
        "quality bits; each of the first ten makes a point bad, and 65536: rejected",
    ),
    ("season", "int64", "", "a gap of more than 40 days begins another"),
    ("airmass", "float64", "", ""),
    ("check_mag", "float64", "mag", "of the check star"),
    ("exposure_s", "float64", "s", "light altogether"),
    ("time_source", "string", "", "who told the time"),
    ("telescope", "string", "", ""),
    ("frame", "string", "", "SHA-256 of the frame"),
    ("limit_mag", "float64", "mag", "not seen: fainter than this, five times the noise"),
)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What the AAVSO is told beside the magnitudes."""

    observer: str
    chart: str
    name: str = ""
    obstype: str = "CCD"


def provenance(
    project: Project, pars: Effective, measured: Measured, curves: Sequence[StarCurve]
) -> list[str]:
    """Where the magnitudes come from: no time, path or host, so that it is the same each time."""
    values = msgspec.structs.asdict(pars.settings)
    told = ", ".join(f"{name} {values[name]} ({pars.origins[name]})" for name in sorted(values))
    rejected = sum(bool(point.flags & Quality.REJECTED) for each in curves for point in each.points)
    lines = [
        f"{SOFTWARE}, project {project.name}, star {curves[0].star}",
        f"parameters: {told}",
        f"parameters SHA-256 {pars.sha256}",
        f"inputs SHA-256 {measured.inputs_sha256}",
    ]
    lines += [f"{rejected} points rejected by the observer"] if rejected else []
    for each in curves:
        compared = f"{len(each.comparisons)} comparison stars: {' '.join(each.comparisons)}"
        rms = "unknown" if each.check_rms is None else f"{each.check_rms:.4f} mag"
        lines.append(
            f"{each.telescope} {each.filter}: {compared}; check star {each.check or 'none'}, "
            f"scatter {rms}"
        )
        lines += [f"{each.telescope} {each.filter}: {what}" for what in each.loosened]
        lines += [f"{each.telescope} {each.filter}, {chain.words}" for chain in each.chains]
    return lines


def csv_file(curves: Iterable[StarCurve], comments: Sequence[str]) -> str:
    """All points, good and bad, oldest first, as CSV with the comments before it."""
    head = [f"# {each}" for each in comments]
    return "\n".join([*head, ",".join(name for name, *_ in COLUMNS), *_rows(curves)]) + "\n"


def ecsv_file(curves: Iterable[StarCurve], comments: Sequence[str]) -> str:
    """The same as ECSV 1.0, whose header tells types and units."""
    head = ["# %ECSV 1.0", "# ---", "# delimiter: ','", "# datatype:"]
    for name, kind, unit, what in COLUMNS:
        words = [f"name: {name}", f"datatype: {kind}"]
        words += [f"unit: {unit}"] if unit else []
        words += [f"description: {_quoted(what)}"] if what else []
        head.append(f"# - {{{', '.join(words)}}}")
    head.append("# meta:")
    head.append("#   comments:")
    head += [f"#   - {_quoted(each)}" for each in comments]
    return "\n".join([*head, ",".join(name for name, *_ in COLUMNS), *_rows(curves)]) + "\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _rows(curves: Iterable[StarCurve]) -> list[str]:
    return [",".join(_cells(curve, point)) for curve in curves for point in curve.points]


def _cells(curve: StarCurve, point: CurvePoint) -> list[str]:
    def number(value: float | None, places: int) -> str:
        return "" if value is None else f"{value:.{places}f}"

    return [
        number(point.jd_utc, 6), number(point.bjd_tdb, 6), number(point.mag, 4),
        number(point.error, 4), curve.band, str(point.flags), str(point.season),
        number(point.airmass, 3), number(point.check_mag, 4), number(point.exposure_s, 1),
        point.time_source, curve.telescope.replace(",", " ").replace('"', " "), point.frame,
        number(point.limit_mag, 2),
    ]  # fmt: skip


def aavso_file(
    curves: Sequence[StarCurve],
    report: Report,
    comments: Sequence[str],
    *,
    now_jd: float,
    floor_mag: float,
) -> str:
    """The good points as the AAVSO takes them, and where the star was not seen, its limits.

    No error is below the floor, nor below the check star's scatter. A limit is where a star has ten
    times the noise: what the AAVSO calls seen.

    Raises
    ------
    CurveRefused
        The dual-band filter, which has no code; or a line that would be refused.
    """
    observations = [
        told
        for curve in curves
        for point in curve.points
        if (told := _observation(curve, point, report, floor_mag)) is not None
    ]
    if any(not curve.check for curve in curves):
        raise CurveRefused(
            "The report is not written", "fewer than four comparison stars: none checks the others"
        )
    floor = max([floor_mag, *(curve.check_rms or 0.0 for curve in curves)])
    least = min([floor, *(each.error for each in observations if each.error is not None)])
    return extended_file(
        observations,
        observer=report.observer,
        software=SOFTWARE,
        now_jd=now_jd,
        floor_mag=max(least, floor_mag),
        obstype=report.obstype,
        comments=comments,
    )


def _observation(
    curve: StarCurve, point: CurvePoint, report: Report, floor_mag: float
) -> Observation | None:
    """A good point or a good limit; None of what is neither."""
    limit = point.limit_mag if point.good_limit else None
    if limit is not None:
        mag, error = limit - FIVE_TO_TEN_MAG, None
    elif point.good and point.mag is not None and point.error is not None:
        mag, error = point.mag, max(point.error, floor_mag, curve.check_rms or 0.0)
    else:
        return None
    return Observation(
        name=report.name or curve.star,
        date=point.jd_utc,
        mag=mag,
        error=error,
        limit=limit is not None,
        filter=filter_code(curve.filter),
        check=curve.check[:20],
        check_mag=point.check_mag,
        airmass=point.airmass,
        chart=report.chart,
    )


def file_text(
    form: str,
    project: Project,
    measured: Measured,
    curves: Sequence[StarCurve],
    report: Report,
    *,
    pars: Effective,
    now_jd: float,
) -> str:
    """The curves of a star as a file of this form: aavso, csv or ecsv.

    Raises
    ------
    UsageError
        For the AAVSO without the observer's code or the chart's id.
    CurveRefused
        The AAVSO would refuse it.
    """
    told = provenance(project, pars, measured, curves)
    if form != "aavso":
        return FILES[form](curves, told)
    if not report.observer or not report.chart:
        raise UsageError("the AAVSO wants --observer CODE and --chart ID")
    floor = pars.settings.floor_mag
    return aavso_file(curves, report, told, now_jd=now_jd, floor_mag=floor)


FILES: dict[str, Callable[[Iterable[StarCurve], Sequence[str]], str]] = {
    "csv": csv_file,
    "ecsv": ecsv_file,
}
