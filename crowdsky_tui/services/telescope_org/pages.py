"""telescope.org's pages, read. Each says loudly what it misses, and never invents a value.

The shapes are those of November 2024 (docs/design/telescope-org.md 3). Imports BeautifulSoup, so
it is imported when a page is to be read.
"""

import json
import re
from datetime import UTC, datetime
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

from bs4 import BeautifulSoup, Tag

from crowdsky_tui.base.pages import page_tree
from crowdsky_tui.base.text import clean
from crowdsky_tui.services.telescope_org.errors import SiteChanged
from crowdsky_tui.services.telescope_org.records import Details, Search, Weather

MOST_RESULTS = 1000
MOST_NUMBER = 10**12
DETAILS, SEARCH, FORM, IMAGE, WEATHER = (
    "details page",
    "search page",
    "request form",
    "image page",
    "weather page",
)
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_TIME = re.compile(r"(\d{1,2}) ([A-Z][a-z]+) (\d{4}) \((\d\d):(\d\d):(\d\d) UTC\)")
_NUMBER = re.compile(r"[0-9]{1,12}")
_WEATHER_TIME = re.compile(r"as of:\s*(\d\d)/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d)")
_LABELS = {
    "Request ID",
    "Job ID",
    "Object Type",
    "Object ID",
    "Object Name",
    "Telescope Type Name",
    "Telescope Name",
    "Filter Type",
    "Dark Frame",
    "Exposure Time",
    "Request Time",
    "Completion Time",
    "Status",
}


def soup_of(page: bytes) -> BeautifulSoup:
    """A page's tree; in UTF-8 or ISO-8859-1, told apart by its bytes. Raises ProtocolError."""
    try:
        text = page.decode()
    except UnicodeDecodeError:
        text = page.decode("latin-1")
    return page_tree(text)


def is_login_page(page: bytes) -> bool:
    """Whether a page asks for a sign-in instead of giving what was asked for."""
    if b"password" not in page.lower():
        return False
    soup = soup_of(page)
    return any(
        str(field.get("type", "")).lower() == "password"
        and (field.find_parent("form") is not None or soup.find("form") is not None)
        for field in soup.find_all("input")
    )


def read_details(page: bytes) -> Details:
    """What the page of a request or a job says. Raises SiteChanged."""
    soup = soup_of(page)
    cells = _labelled(soup)
    if not cells:
        raise SiteChanged(DETAILS, "row with a label that is known")
    job = _numbers(cells.get("Job ID", ""))
    exposure = _numbers(cells.get("Exposure Time", ""))
    return Details(
        request_ids=_numbers(cells.get("Request ID", "")),
        job_id=job[0] if job else None,
        object_type=clean(cells.get("Object Type", ""), 40),
        object_id=clean(cells.get("Object ID", ""), 80),
        object_name=clean(cells.get("Object Name", ""), 80),
        telescope_type=clean(cells.get("Telescope Type Name", ""), 40),
        telescope=clean(cells.get("Telescope Name", ""), 40),
        filter=clean(cells.get("Filter Type", ""), 40),
        dark_frame=clean(cells.get("Dark Frame", ""), 40),
        exposure_ms=exposure[0] if exposure else None,
        requested=read_time(cells.get("Request Time", "")),
        completed=read_time(cells.get("Completion Time", "")),
        status=clean(cells.get("Status", ""), 80),
        flat=_flat(soup),
    )


def _labelled(soup: BeautifulSoup) -> dict[str, str]:
    """The cell behind each known label; the first one where a label stands twice."""
    cells: dict[str, str] = {}
    for row in soup.find_all("tr"):
        texts = [_text(cell) for cell in row.find_all(["td", "th"])]
        for label, value in pairwise(texts):
            name = label.removesuffix(":").strip()
            if name in _LABELS:
                cells.setdefault(name, value)
                break
    return cells


def _text(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


def _numbers(text: str) -> tuple[int, ...]:
    """The numbers in a text, each once, in their order: "R771716 R771970"."""
    return tuple(dict.fromkeys(int(digits) for digits in _NUMBER.findall(text)))


def read_time(text: str) -> datetime | None:
    """The time in a cell, UTC; None if it has none. English months whatever the locale."""
    found = _TIME.search(text)
    if found is None or found[2] not in _MONTHS:
        return None
    month = _MONTHS.index(found[2]) + 1
    try:
        return datetime(
            int(found[3]),
            month,
            int(found[1]),
            int(found[4]),
            int(found[5]),
            int(found[6]),
            tzinfo=UTC,
        )
    except ValueError:
        return None


def _flat(soup: BeautifulSoup) -> int | None:
    """The number of the flat field that a button or a link of the page offers."""
    for tag in soup.find_all(["button", "a"]):
        where = str(tag.get("onclick") or tag.get("href") or "")
        if "dl-flat" in where:
            digits = _NUMBER.findall(where)
            return int(digits[-1]) if digits else None
    return None


def read_job_of_request(page: bytes) -> int | None:
    """The job that answered a request; None for a request without one.

    Raises SiteChanged if the page neither names one nor is the page of an unfinished request.
    """
    soup = soup_of(page)
    for script in soup.find_all("script"):
        for line in script.get_text().splitlines():
            if "var info = " not in line:
                continue
            try:
                info = json.loads(line[line.index("{") : line.rindex("}") + 1])
                job = int(str(info["jid"]))
            except (ValueError, KeyError, TypeError, RecursionError):
                continue
            if 0 < job < MOST_NUMBER:
                return job
    details = read_details(page)
    if details.job_id is not None:
        return details.job_id
    if details.status in ("Complete", "Success"):
        raise SiteChanged(DETAILS, "job for a complete request")
    return None


def read_search(page: bytes) -> Search:
    """The jobs of a search page, newest first, each once. Raises SiteChanged."""
    soup = soup_of(page)
    heads = [_text(head) for head in soup.find_all(["h1", "h2", "h3", "h4"])]
    if "Results" not in heads:
        raise SiteChanged(SEARCH, "heading Results")
    parameters = soup.find("p")
    jobs: list[int] = []
    rows = 0
    for row in soup.find_all("tr"):
        for link in row.find_all("a"):
            job = _job_in(str(link.get("href", "")))
            if job is not None:
                jobs.append(job)
                rows += 1
                break
    return Search(
        jobs=tuple(dict.fromkeys(jobs)),
        cut=rows >= MOST_RESULTS,
        parameters=clean(_text(parameters), 400) if parameters else "",
    )


def _job_in(href: str) -> int | None:
    try:
        values = parse_qs(urlsplit(href).query).get("jid", [])
    except ValueError:
        return None
    return int(values[0]) if values and _NUMBER.fullmatch(values[0]) else None


def read_ticket(page: bytes) -> str:
    """The number that the next step of the request form has to carry. Raises SiteChanged."""
    field = soup_of(page).find("input", attrs={"name": "ticket"})
    value = str(field.get("value", "")) if isinstance(field, Tag) else ""
    if not _NUMBER.fullmatch(value):
        raise SiteChanged(FORM, "ticket")
    return value


def read_frame_address(page: bytes) -> str:
    """Where a processed picture lies; "" while it is not ready. Raises SiteChanged."""
    frame = soup_of(page).find("iframe")
    if not isinstance(frame, Tag):
        return ""
    address = str(frame.get("src") or "").strip()
    if not address:
        raise SiteChanged(IMAGE, "address in its frame")
    return address


def read_weather(page: bytes) -> Weather:
    """The weather at the site. Raises SiteChanged."""
    soup = soup_of(page)
    table = soup.find("table")
    rows = table.find_all("tr")[1:] if isinstance(table, Tag) else []
    values = [_text(row.find_all("td")[-1]) for row in rows if row.find_all("td")]
    if len(values) < 7:
        raise SiteChanged(WEATHER, "table of seven values")
    found = _WEATHER_TIME.search(soup.get_text())
    at = None
    if found:
        day, month, year, hour, minute, second = map(int, found.groups())
        try:
            at = datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            at = None
    wind, direction, temperature, humidity, stars, cloud = map(_number, values[:6])
    rain = "" if values[6] == "?" else clean(values[6], 20)
    return Weather(at, wind, direction, temperature, humidity, stars, cloud, rain)


def _number(text: str) -> float | None:
    found = re.match(r"-?\d{1,6}(?:\.\d{1,6})?", text)
    return float(found[0]) if found else None
