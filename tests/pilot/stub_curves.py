"""Three stars of two projects: one in eclipse, one constant, one that no frame shows."""

from math import exp

from crowdsky_tui.curves.curve import CurvePoint, StarCurve
from crowdsky_tui.curves.periods import Searched
from crowdsky_tui.curves.stars import StarRow, summary
from crowdsky_tui.curves.survey_points import SurveySeries
from crowdsky_tui.timeseries.messages import Bin
from crowdsky_tui.timeseries.quality import Quality
from crowdsky_tui.timeseries.results import Alias, Candidate
from crowdsky_tui.timeseries.surveys.messages import SurveyPoint, TimeScale

FIRST_JD = 2461365.25
PERIOD_D = 0.32
DEPTH = 0.45


def point(number: int, mag: float | None, flags: int = 0) -> CurvePoint:
    return CurvePoint(
        jd_utc=FIRST_JD + number / 96, bjd_tdb=FIRST_JD + number / 96 + 0.003, mag=mag,
        error=None if mag is None else 0.021, flags=flags, season=0, airmass=1.3, check_mag=11.9,
        exposure_s=600.0, time_source="journal", frame=f"{number:064x}",
        frame_name=f"Stacked_{number:02d}.fit",
    )  # fmt: skip


def eclipse(band: str, rejected: tuple[str, ...] = ()) -> StarCurve:
    """32 quarters of an hour: two minima, a cloud that takes two magnitudes at the end."""
    points = []
    for number in range(32):
        off = ((number / 96 + PERIOD_D / 2) % PERIOD_D - PERIOD_D / 2) / 0.03
        mag = 11.2 + DEPTH * exp(-off * off) + 0.01 * (number % 3 - 1)
        flags = int(Quality.CLOUD) if number == 30 else 0
        made = point(number, mag + 1.5 * (number == 30), flags)
        if made.frame in rejected:
            made = point(number, mag, flags | int(Quality.REJECTED))
        points.append(made)
    return curve("T CrB", band, points)


def curve(star: str, band: str, points: list[CurvePoint]) -> StarCurve:
    return StarCurve(
        star=star, band=band, filter="IRCUT" if band == "TG" else "LP", telescope="S50 a349",
        points=tuple(points), comparisons=tuple(f"s{number}" for number in range(14)),
        loosened=(), check="s1", check_rms=0.012, mean=11.3, rms=0.015, amplitude=0.4,
        good=sum(each.good for each in points),
    )  # fmt: skip


def curves(star: str, rejected: tuple[str, ...] = ()) -> tuple[StarCurve, ...]:
    """A star's curves: two bands of the eclipsing one."""
    if star == "T CrB":
        return eclipse("TG", rejected), eclipse("LP", rejected)
    flat = [point(number, 12.3 + 0.01 * (number % 3 - 1)) for number in range(12)]
    return (curve(star, "TG", flat),)


def stars() -> tuple[StarRow, ...]:
    """As the list tells them."""
    found = [
        StarRow("autumn", star, tuple(map(summary, curves(star))), fields=fields)
        for star, fields in (("M 81", ("M 81",)), ("T CrB", ("M 81", "NGC 7000")))
    ]
    return (*found, StarRow("winter", "SS Cyg", problem="no measured frame shows it"))


def searched() -> Searched:
    """One period with an alias that is as good, and twice of it."""
    alias = Alias("-1 c/d", 2.125, 0.4706, 0.88, rival=True)
    best = Candidate(3.125, 0.32, 0.001, 0.93, 0.97, 1e-9, 0.1, True, True, (alias,))
    return Searched(0.05, 0.33, (best,))


def findings(finding: str) -> tuple[str, ...]:
    """A minimum with its second opinions; no event; one line of recovery."""
    if finding == "minimum":
        return ("BJD (TDB) 2461365.57321 ± 0.00061 d", "parabola: 2461365.57300", "O−C +4.32 min")
    if finding == "events":
        return ()
    return ("T CrB (TG): an eclipse of 1 h would have been seen from 0.11 mag on (90 %)",)


def means() -> tuple[Bin, ...]:
    """Of one night, far from the points."""
    return (Bin(FIRST_JD + 0.1, 11.9, 0.01, 31),)


def surveys(star: str) -> tuple[SurveySeries, ...]:
    """What ZTF and ATLAS have of the eclipsing star; nothing of others."""
    if star != "T CrB":
        return ()
    days = [FIRST_JD + number / 40 for number in range(12)]
    seen = tuple(SurveyPoint(day=day, mag=11.6) for day in days)
    dark = tuple(SurveyPoint(day=day, mag=12.0, limit=True) for day in days[:3])
    scale = TimeScale.JD_UTC
    return (
        SurveySeries(survey="ztf", band="zg", series="1", system="STD", scale=scale, points=seen),
        SurveySeries(survey="atlas", band="o", series="", system="STD", scale=scale, points=dark),
    )
