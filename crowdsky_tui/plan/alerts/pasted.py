"""Lines of a mail or a telegram: `name RA Dec mag`. Pure."""

import re

from crowdsky_tui.plan.alerts.alert import AlertGathering, AlertsRead, Source
from crowdsky_tui.plan.alerts.reading import magnitude
from crowdsky_tui.plan.importers.coordinates import read_dec, read_ra

MOST_LINES = 200
LONGEST_LINE = 400
_PLACE = re.compile(
    r"(?P<ra>\d{1,2}[h:\s]\s*\d{1,2}[m:'′\s]\s*\d{1,2}(?:\.\d*)?\s*s?|\d{1,3}\.\d+\s*(?:d|°|deg)?)"
    r"[\s,;]*"
    r"(?P<dec>[+\-−–]\s*\d{1,2}(?:[d°:\s]\s*\d{1,2}[m:'′\s]\s*\d{1,2}(?:\.\d*)?"
    r"|\.\d+))[\"″s°]*"
)
_MAG = re.compile(r"(?:mag(?:nitude)?\s*[=~:]?\s*|\s)(-?\d{1,2}(?:\.\d+)?)(?:\s*mag)?\b")


def read_pasted(text: str) -> AlertsRead:
    """Every line with a name and a place; others are refused."""
    gathering = AlertGathering()
    for line, each in enumerate(text.splitlines()[:MOST_LINES], start=1):
        words = " ".join(each[:LONGEST_LINE].split())
        if not words:
            continue
        found = _PLACE.search(words)
        if found is None:
            gathering.refuse(line, words[:40], "it has no place such as 12 34 56.7 +12 34 56")
            continue
        _add(gathering, line, words, found)
    return gathering.done()


def _add(gathering: AlertGathering, line: int, words: str, found: re.Match[str]) -> None:
    name = words[: found.start()].strip(" ,;:=").removesuffix("RA").strip(" ,;:=")
    rest = words[found.end() :]
    mag = _MAG.search(f" {rest}")
    try:
        ra, dec = read_ra(found["ra"], "degrees"), read_dec(found["dec"])
    except ValueError as error:
        gathering.refuse(line, name, error)
        return
    if not name:
        gathering.refuse(line, words[:40], "it has no name before its place")
        return
    gathering.add(
        line,
        source=Source.PASTED,
        id=name,
        name=name,
        ra_deg=ra,
        dec_deg=dec,
        mag=magnitude(mag[1]) if mag else None,
        text=words,
    )
