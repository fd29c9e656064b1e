"""ATLAS's forced photometry: columns between blanks, a flux in microjansky for each exposure."""

from math import log10

from crowdsky_tui.timeseries.quality import Quality
from crowdsky_tui.timeseries.surveys.messages import SurveyPoint, SurveyPoints, TimeScale
from crowdsky_tui.timeseries.surveys.tables import lines_of, modified_day, number, refusal, word

BANDS = frozenset({"c", "o"})
COLUMNS = ("MJD", "uJy", "duJy", "F", "err")
EXPOSURE_S = 30.0
SEEN_SIGMAS = 5.0
AB_ZERO_POINT = 23.9  # of a microjansky
TOO_BRIGHT = 11.5
FLUX_PER_MAG = 1.0857362


def read_atlas(raw: bytes) -> SurveyPoints:
    """Points where the flux is five of its errors, limits elsewhere.

    `MJD` is the exposure's start, 15 s before its middle. A row of another filter than c and o, or
    with an error flag, is not used or flagged; what is brighter than 11.5 is flagged too: it may be
    saturated, and no flag tells so.

    Raises
    ------
    SurveyRefused
        It has not ATLAS's columns.
    """
    lines = [line for line in lines_of(raw) if line.strip()]
    names = lines[0].lstrip("# ").split() if lines else []
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise refusal(f"it has no column {missing[0]!r}")
    places = {name: names.index(name) for name in COLUMNS}
    points, unread = [], 0
    for line in lines[1:]:
        cells = line.split()
        if len(cells) != len(names):
            unread += 1
            continue
        start = modified_day(cells[places["MJD"]])
        point = None if start is None else _point(cells, places, start)
        if start is None or point is None:
            unread += 1
            continue
        points.append(point)
    points.sort(key=lambda each: (each.day, each.band))
    return SurveyPoints(tuple(points), TimeScale.JD_UTC, unread)


def _point(cells: list[str], places: dict[str, int], start: float) -> SurveyPoint | None:
    band = word(cells[places["F"]])
    flux = number(cells[places["uJy"]])
    error = number(cells[places["duJy"]], 1e-6)
    if band not in BANDS or flux is None or error is None:
        return None
    flags = 0 if number(cells[places["err"]]) == 0 else int(Quality.SURVEY)
    middle = start + EXPOSURE_S / 2 / 86_400
    if flux < SEEN_SIGMAS * error:
        faintest = AB_ZERO_POINT - 2.5 * log10(SEEN_SIGMAS * error)
        return SurveyPoint(day=middle, mag=round(faintest, 4), limit=True, band=band, flags=flags)
    mag = AB_ZERO_POINT - 2.5 * log10(flux)
    if mag < TOO_BRIGHT:
        flags |= int(Quality.BRIGHT)
    return SurveyPoint(
        day=middle,
        mag=round(mag, 4),
        error=round(FLUX_PER_MAG * error / flux, 4),
        band=band,
        flags=flags,
    )
