"""A curve as lines that others read: ETD, VSNET, and minima as the BAV prints them.

Sources: facts of curves, 16 (ETD: JD, magnitude, error); H. Yamaoka, vsnet-obs 40659, and
vsnet.kusastro.kyoto-u.ac.jp/vsnet/etc/format.html (name with the constellation first,
YYYYMMDD.ddd in UT, `<` for a limit, magnitude, band, observer); the columns of the BAV
Mitteilungen's tables (star, minimum, error, O-C, filter, number of points, observer).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from math import floor

from crowdsky_tui.base.text import clean
from crowdsky_tui.curves.aavso import filter_code
from crowdsky_tui.curves.curve import CurvePoint, StarCurve
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.messages import Eclipse

CONSTELLATIONS = frozenset(
    "And Ant Aps Aqr Aql Ara Ari Aur Boo Cae Cam Cnc CVn CMa CMi Cap Car Cas Cen Cep Cet Cha Cir "
    "Col Com CrA CrB Crv Crt Cru Cyg Del Dor Dra Equ Eri For Gem Gru Her Hor Hya Hyi Ind Lac Leo "
    "LMi Lep Lib Lup Lyn Lyr Men Mic Mon Mus Nor Oct Oph Ori Pav Peg Per Phe Pic Psc PsA Pup Pyx "
    "Ret Sge Sgr Sco Scl Sct Ser Sex Tau Tel Tri TrA Tuc UMa UMi Vel Vir Vol Vul".upper().split()
)
JD_OF_MIDNIGHT = 1721425.5
"""Of the beginning of 1 January of the year 1, of Python's calendar."""


def etd_file(curves: Iterable[StarCurve], comments: Sequence[str]) -> str:
    """The good points: BJD (TDB), magnitude, error, parted by blanks."""
    rows = [
        f"{point.bjd_tdb:.6f} {point.mag:.4f} {point.error:.4f}"
        for curve in curves
        for point in curve.points
        if point.good and point.error is not None
    ]
    if not rows:
        raise CurveRefused("Nothing is written", "there is no good point")
    return _lines([*comments, "BJD_TDB mag mag_err"], rows)


def vsnet_file(
    curves: Iterable[StarCurve], comments: Sequence[str], *, name: str, observer: str, wider: float
) -> str:
    """Good points and good limits as reports to VSNET.

    Parameters
    ----------
    name, observer
        The star's, such as "AM Leo"; the observer's code.
    wider
        By how much brighter than five times the noise a limit is told, in magnitudes.

    Raises
    ------
    CurveRefused
        No observer's code, nothing to report, or the dual-band filter, which has no code.
    """
    if not observer or not observer.isascii() or not observer.isalnum():
        raise CurveRefused("Nothing is written", "an observer's code has letters and digits")
    rows = [
        f"{vsnet_name(name)} {_date(point.jd_utc)} {mag}{filter_code(curve.filter)} {observer}"
        for curve in curves
        for point in curve.points
        if (mag := _vsnet_mag(point, wider))
    ]
    if not rows:
        raise CurveRefused("Nothing is written", "there is no good point and no good limit")
    return _lines(comments, rows)


def _vsnet_mag(point: CurvePoint, wider: float) -> str:
    if point.good_limit and point.limit_mag is not None:
        return f"<{point.limit_mag - wider:.2f}"
    return f"{point.mag:.3f}" if point.good and point.mag is not None else ""


def vsnet_name(name: str) -> str:
    """The constellation first, without blanks: "AM Leo" is LEOAM; other names lose their blanks."""
    words = clean(name, 60).split()
    if len(words) > 1 and words[-1].upper() in CONSTELLATIONS:
        return words[-1].upper() + "".join(words[:-1])
    return "".join(words)


def _date(jd_utc: float) -> str:
    """The day and its part in UT, rounded to 5 places (0.9 s)."""
    hundred_thousandths = floor((jd_utc - JD_OF_MIDNIGHT) * 1e5 + 0.5)
    days, part = divmod(hundred_thousandths, 100_000)
    day = datetime(1, 1, 1, tzinfo=UTC) + timedelta(days=days)
    return f"{day:%Y%m%d}.{part:05d}"


def bav_file(
    eclipses: Iterable[Eclipse], comments: Sequence[str], *, name: str, band: str, observer: str
) -> str:
    """The minima that could be timed: one line each, columns parted by tabs.

    Raises
    ------
    CurveRefused
        None could be timed.
    """
    rows = [
        "\t".join(
            (
                clean(name, 60),
                "I" if each.cycle % 1 == 0 else "II",
                f"{each.minimum.time:.5f}",
                f"{each.minimum.error:.5f}",
                f"{each.cycle:.1f}",
                f"{each.late_d:+.5f}",
                band,
                str(each.points),
                observer or "-",
            )
        )
        for each in eclipses
        if each.minimum is not None and each.late_d is not None
    ]
    if not rows:
        raise CurveRefused("Nothing is written", "no minimum could be timed")
    head = "\t".join(("star", "min", "BJD_TDB", "error_d", "E", "O-C_d", "band", "n", "observer"))
    return _lines([*comments, head], rows)


def _lines(comments: Iterable[str], rows: Iterable[str]) -> str:
    return "\n".join([*(f"# {each}" for each in comments), *rows]) + "\n"
