"""Observations of the AAVSO's International Database, from its interface or its web form."""

from collections.abc import Iterator, Mapping

from crowdsky_tui.timeseries.quality import Quality
from crowdsky_tui.timeseries.surveys.messages import SurveyPoint, SurveyPoints, TimeScale
from crowdsky_tui.timeseries.surveys.tables import (
    day,
    lines_of,
    magnitude,
    rows_of,
    uncertainty,
    word,
)

DELIMITER = "@@@"
SYSTEMS = {"DIF": "DIFF", "DIFF": "DIFF", "STEP": "STEP"}
DOUBTED = frozenset({"T"})
FILE_COLUMNS = {
    "jd": 0, "mag": 1, "uncert": 2, "band": 4, "by": 5, "val": 13, "mtype": 19,
}  # fmt: skip
FEWEST_FILE_COLUMNS, MOST_FILE_COLUMNS = 20, 25


def read_live(raw: bytes) -> SurveyPoints:
    """The answer of `api.delim`, cut at `@@@`: no other field may hold that sign.

    Raises
    ------
    SurveyRefused
        It lacks the columns JD, mag, uncert, band and fainterThan.
    """
    needed = ("jd", "mag", "uncert", "band", "fainterthan")
    return _read(rows_of(lines_of(raw), needed, delimiter=DELIMITER))


def read_file(raw: bytes) -> SurveyPoints:
    """A file of the web form, with its 20 to 25 columns, whether or not it names them."""
    import csv

    def rows() -> Iterator[Mapping[str, str]]:
        for cells in csv.reader(lines_of(raw)):
            if not FEWEST_FILE_COLUMNS <= len(cells) <= MOST_FILE_COLUMNS:
                yield {}
            elif cells[0].strip().upper() != "JD":
                yield {name: cells[place].strip() for name, place in FILE_COLUMNS.items()}

    return _read(rows())


def _read(rows: Iterator[Mapping[str, str]]) -> SurveyPoints:
    points, unread = [], 0
    for row in rows:
        when = day(row.get("jd"))
        said = (row.get("mag") or "").strip()
        mag = magnitude(said.lstrip("<>"))
        system = SYSTEMS.get((row.get("mtype") or "").strip().upper(), "STD")
        if when is None or mag is None or system == "STEP":
            unread += 1
            continue
        doubted = (row.get("val") or "").strip().upper() in DOUBTED
        points.append(
            SurveyPoint(
                day=when,
                mag=mag,
                error=uncertainty(row.get("uncert")),
                limit=said.startswith("<") or row.get("fainterthan") in ("1", "true"),
                band=word(row.get("band")),
                series=word(row.get("by") or row.get("obscode")),
                system=system,
                flags=int(Quality.SURVEY) if doubted else 0,
            )
        )
    points.sort(key=lambda each: (each.day, each.band, each.series))
    return SurveyPoints(tuple(points), TimeScale.JD_UTC, unread)
