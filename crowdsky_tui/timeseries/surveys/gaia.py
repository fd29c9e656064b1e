"""Gaia DR3's epoch photometry, in its two structures: a row a band, or a row a transit."""

from collections.abc import Iterator, Mapping

from crowdsky_tui.timeseries.quality import Quality
from crowdsky_tui.timeseries.surveys.messages import SurveyPoint, SurveyPoints, TimeScale
from crowdsky_tui.timeseries.surveys.tables import lines_of, magnitude, number, rows_of, word

ZERO_DAY_TCB = 2_455_197.5  # 2010-01-01T00:00, from which Gaia counts
TCB_RATE = 1.550519768e-8  # IAU 2006 resolution B3
TCB_ZERO_DAY = 2_443_144.5003725
TDB_OFFSET_D = -6.55e-5 / 86_400
MAG_PER_FLUX = 1.0857362
INDIVIDUAL = ("source_id", "band", "time", "mag", "flux_over_error")
TRANSITS = ("source_id", "g_transit_time", "g_transit_mag")
WIDE = {
    "G": ("g_transit_time", "g_transit_mag", "g_transit_flux_over_error"),
    "BP": ("bp_obs_time", "bp_mag", "bp_flux_over_error"),
    "RP": ("rp_obs_time", "rp_mag", "rp_flux_over_error"),
}


def to_tdb(day_tcb: float) -> float:
    """A Julian day of TDB from one of TCB: about 20 s less, these years (IAU 2006 B3)."""
    return day_tcb - TCB_RATE * (day_tcb - TCB_ZERO_DAY) + TDB_OFFSET_D


def read_gaia(raw: bytes) -> SurveyPoints:
    """Points in G, BP and RP; those that Gaia itself rejects are flagged.

    An answer without a byte is empty: so it is where a source has no epoch photometry.

    Raises
    ------
    SurveyRefused
        It has neither of the two structures.
    """
    if not raw.strip():
        return SurveyPoints((), TimeScale.BJD_TDB)
    lines = lines_of(raw)
    wide = "g_transit_time" in lines[0].lower()
    points, unread = [], 0
    for row in rows_of(lines, TRANSITS if wide else INDIVIDUAL):
        found = list(_of_transit(row)) if wide else list(_of_band(row))
        points += found
        unread += not found
    points.sort(key=lambda each: (each.day, each.band))
    return SurveyPoints(tuple(points), TimeScale.BJD_TDB, unread)


def _of_band(row: Mapping[str, str]) -> Iterator[SurveyPoint]:
    rejected = any(_true(row.get(f"rejected_by_{why}")) for why in ("photometry", "variability"))
    point = _point(
        row, word(row.get("band")), ("time", "mag", "flux_over_error"), rejected=rejected
    )
    if point is not None:
        yield point


def _of_transit(row: Mapping[str, str]) -> Iterator[SurveyPoint]:
    noisy = _true(row.get("photometry_flag_noisy_data"))
    for band, columns in WIDE.items():
        rejected = noisy or _true(row.get(f"variability_flag_{band.lower()}_reject"))
        point = _point(row, band, columns, rejected=rejected)
        if point is not None:
            yield point


def _point(
    row: Mapping[str, str], band: str, columns: tuple[str, str, str], *, rejected: bool
) -> SurveyPoint | None:
    days = number(row.get(columns[0]), -1e4, 1e5)
    mag = magnitude(row.get(columns[1]))
    ratio = number(row.get(columns[2]), 1e-3)
    if days is None or mag is None or band not in WIDE:
        return None
    return SurveyPoint(
        day=to_tdb(ZERO_DAY_TCB + days),
        mag=mag,
        error=None if ratio is None else round(MAG_PER_FLUX / ratio, 5),
        band=band,
        series=word(row.get("source_id")),
        flags=int(Quality.SURVEY) if rejected else 0,
    )


def _true(text: str | None) -> bool:
    return (text or "").strip().strip('"').lower() in ("true", "1", "t")
