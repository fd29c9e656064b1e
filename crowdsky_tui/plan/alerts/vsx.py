"""AAVSO's catalogue of variable stars (VSX) and its charts (VSP), read. Pure.

Source: facts of planning, section 10. A star that is not known is `{"VSXObject":[]}` with status
200. Magnitudes come with a band, `<`, `(amplitude)` and `:`.
"""

import re
from typing import Any

import msgspec

from crowdsky_tui.base.text import clean
from crowdsky_tui.plan.alerts.reading import UNREADABLE, NotUnderstood
from crowdsky_tui.plan.importers.coordinates import read_dec, read_ra
from crowdsky_tui.plan.importers.items import number

MOST_STARS = 500
OF_THE_ORBIT = ("ZAND", "NR", "UG", "N", "NL", "AM", "DQ", "XB", "RS")
"""Types whose epoch is the orbit's, or nothing that comes again by the period."""
_MAGNITUDE = re.compile(r"\(?\s*([<>]?)\s*(-?\d{1,2}(?:\.\d{1,4})?)\s*:?\s*\)?\s*:?\s*(\S{0,12})")


class VariableStar(msgspec.Struct, frozen=True, kw_only=True):
    """A star of the catalogue. Degrees, days, magnitudes; None where it says nothing.

    `epoch` is a Julian date (HJD). `amplitude` says that `faint` is how much fainter it gets.
    """

    name: str
    auid: str = ""
    ra_deg: float
    dec_deg: float
    type: str = ""
    period_d: float | None = None
    epoch: float | None = None
    bright: float | None = None
    faint: float | None = None
    amplitude: bool = False
    band: str = ""
    constellation: str = ""
    spectrum: str = ""

    @property
    def repeats(self) -> bool:
        """Whether period and epoch tell when its light changes, and not only its orbit."""
        kinds = {each.rstrip(":").split("/")[0] for each in re.split(r"[+|]", self.type)}
        return bool(self.period_d and self.epoch) and not kinds & set(OF_THE_ORBIT)


class ComparisonStar(msgspec.Struct, frozen=True):
    """A star of a chart: its place in degrees, its magnitudes by band."""

    auid: str
    label: str
    ra_deg: float
    dec_deg: float
    mags: dict[str, float]


def read_vsx(body: bytes) -> VariableStar | None:
    """The star of an answer; None for one that is not known. Raises NotUnderstood."""
    document = _object(body, "AAVSO's VSX")
    found = document.get("VSXObject")
    if found == [] or found is None or found == {}:
        return None
    if not isinstance(found, dict):
        raise NotUnderstood("AAVSO's VSX", "its answer has no star")
    bright, band, _ = _magnitude(found.get("MaxMag"))
    faint, _, amplitude = _magnitude(found.get("MinMag"))
    try:
        ra = read_ra(_text(found, "RA2000"), "degrees")
        dec = read_dec(_text(found, "Declination2000"))
    except ValueError as error:
        raise NotUnderstood("AAVSO's VSX", f"{error}") from error
    return VariableStar(
        name=_text(found, "Name"),
        auid=_text(found, "AUID"),
        ra_deg=ra,
        dec_deg=dec,
        type=_text(found, "VariabilityType"),
        period_d=_positive(found.get("Period")),
        epoch=_positive(found.get("Epoch")),
        bright=bright,
        faint=faint,
        amplitude=amplitude,
        band=band,
        constellation=_text(found, "Constellation"),
        spectrum=_text(found, "SpectralType"),
    )


def read_vsp(body: bytes) -> tuple[str, tuple[ComparisonStar, ...]]:
    """The number of a chart and its comparison stars. Raises NotUnderstood."""
    document = _object(body, "AAVSO's charts")
    rows = document.get("photometry")
    if not isinstance(rows, list):
        raise NotUnderstood("AAVSO's charts", "its answer has no photometry")
    found = []
    for row in rows[:MOST_STARS]:
        if not isinstance(row, dict):
            continue
        try:
            ra, dec = read_ra(_text(row, "ra"), "degrees"), read_dec(_text(row, "dec"))
        except ValueError:
            continue
        found.append(ComparisonStar(_text(row, "auid"), _text(row, "label"), ra, dec, _bands(row)))
    return _text(document, "chartid"), tuple(found)


def _bands(row: dict[str, Any]) -> dict[str, float]:
    bands = row.get("bands")
    found = {}
    for each in bands[:20] if isinstance(bands, list) else ():
        if isinstance(each, dict) and (mag := number(each.get("mag"))) is not None:
            found[_text(each, "band")] = mag
    return found


def _object(body: bytes, source: str) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(body)
    except UNREADABLE as error:
        page = body.lstrip()[:1] == b"<"
        why = "a page came instead of JSON" if page else "its answer is cut or no JSON"
        raise NotUnderstood(source, why) from error
    if not isinstance(document, dict):
        raise NotUnderstood(source, "its answer is no object")
    return document


def _magnitude(value: Any) -> tuple[float | None, str, bool]:
    """Magnitude, band, and whether it is an amplitude."""
    text = value.strip()[:40] if isinstance(value, str) else ""
    found = _MAGNITUDE.fullmatch(text)
    if not found:
        return None, "", False
    return float(found[2]), clean(found[3], 12), text.startswith("(")


def _positive(value: Any) -> float | None:
    found = number(value)
    return found if found is not None and found > 0 else None


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    return clean(value, 80) if isinstance(value, str | int | float) else ""
