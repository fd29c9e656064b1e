"""ASAS-SN's table of transients: a page of megabytes, of which the beginning has the newest. Pure.

Source: facts of planning, section 10: columns by their headings, `1:6:42.74`, `2021-06-9.44`.
Imports BeautifulSoup, so it is imported when a page is to be read.
"""

import re

from bs4 import Tag

from crowdsky_tui.base.errors import ProtocolError
from crowdsky_tui.base.pages import page_tree
from crowdsky_tui.plan.alerts.alert import AlertGathering, AlertsRead, Source
from crowdsky_tui.plan.alerts.reading import NotUnderstood, magnitude, moment
from crowdsky_tui.plan.importers.coordinates import read_dec, read_ra

SITE = "ASAS-SN's page"
LINK = "https://www.astronomy.ohio-state.edu/asassn/transients.html"
LARGEST = 102_400
"""Bytes of the page's beginning that are asked for, and read."""
_KINDS = (
    (re.compile(r"\bnova\b", re.IGNORECASE), "nova?"),
    (re.compile(r"\bSNe?\b|supernova", re.IGNORECASE), "SN"),
    (re.compile(r"\bCV\b|cataclysmic|outburst", re.IGNORECASE), "CV"),
    (re.compile(r"\bAGN\b", re.IGNORECASE), "AGN"),
)


def read_asassn(body: bytes) -> AlertsRead:
    """The whole rows of the page's beginning; the row in which it is cut off is left.

    Raises NotUnderstood.
    """
    text = body[:LARGEST].decode("utf-8", "replace")
    try:
        page = page_tree(_whole_rows(text))
    except ProtocolError as error:
        raise NotUnderstood(SITE, error.why) from error
    columns: dict[str, int] = {}
    gathering = AlertGathering()
    for number, row in enumerate(page.find_all("tr"), start=1):
        cells = [_text(cell) for cell in row.find_all(["td", "th"], recursive=False)]
        if not columns:
            columns = _columns(cells)
        elif cells:
            _add(gathering, number, cells, columns)
    if not columns:
        raise NotUnderstood(SITE, "it has no table with ASAS-SN, RA, Dec and Discovery")
    return gathering.done()


def _whole_rows(text: str) -> str:
    """The page up to the end of its last whole row."""
    end = text.lower().rfind("</tr>")
    return text if end < 0 else text[: end + len("</tr>")]


def _columns(cells: list[str]) -> dict[str, int]:
    """Where each column is; nothing if this row is not the heading."""
    names = {each.casefold(): at for at, each in enumerate(cells)}
    found = {
        "name": _first(names, "asas-sn"),
        "other": _first(names, "other"),
        "ra": _first(names, "ra"),
        "dec": _first(names, "dec"),
        "discovered": _first(names, "discovery", "date"),
        "mag": _first(names, "v/g", "v", "mag"),
        "comments": _first(names, "comments", "comment"),
        "class": _first(names, "class", "type"),
    }
    needed = (found["name"], found["ra"], found["dec"], found["discovered"])
    return {key: at for key, at in found.items() if at >= 0} if min(needed) >= 0 else {}


def _first(names: dict[str, int], *beginnings: str) -> int:
    """The first column whose heading is, or begins with, one of these; -1 for none."""
    for beginning in beginnings:
        if beginning in names:
            return names[beginning]
        for name, at in names.items():
            if name.startswith((f"{beginning} ", f"{beginning}(")):
                return at
    return -1


def _add(gathering: AlertGathering, line: int, cells: list[str], columns: dict[str, int]) -> None:
    row = {key: cells[at] for key, at in columns.items() if at < len(cells)}
    name = _known(row.get("name", "")) or _known(row.get("other", ""))
    if not name:
        gathering.refuse(line, "", "it has no name")
        return
    try:
        ra, dec = read_ra(row.get("ra", ""), "degrees"), read_dec(row.get("dec", ""))
    except ValueError as error:
        gathering.refuse(line, name, error)
        return
    at, comments = moment(row.get("discovered", "")), row.get("comments", "")
    said = f"{row.get('class', '')} {comments}"
    gathering.add(
        line,
        source=Source.ASASSN,
        id=name,
        name=name,
        ra_deg=ra,
        dec_deg=dec,
        what=next((kind for pattern, kind in _KINDS if pattern.search(said)), ""),
        mag=magnitude(row.get("mag", "")),
        band="V/g",
        mag_at=at,
        discovered=at,
        link=LINK,
        text=" ".join(filter(None, (_known(row.get("other", "")), comments))),
    )


def _known(text: str) -> str:
    """A name; "" for the dashes that stand for none."""
    return "" if set(text) <= {"-", "–", "—", " "} else text


def _text(cell: Tag) -> str:
    return " ".join(cell.get_text(" ").split())[:400]
