"""The Transient Name Server's public objects: CSV files in a zip, and objects as JSON. Pure.

Source: facts of planning, section 10. The first line of a file is a time stamp, then the header.
Search says `prefix` where an object says `name_prefix`; rows are in `data`, or older in
`data.reply`.
"""

import csv
import io
import zipfile
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from crowdsky_tui.plan.alerts.alert import AlertGathering, AlertsRead, Source
from crowdsky_tui.plan.alerts.reading import UNREADABLE, NotUnderstood, magnitude, moment
from crowdsky_tui.plan.importers.coordinates import read_dec, read_ra

SITE = "the Transient Name Server"
MOST_BYTES = 40_000_000
"""Of a file out of its zip; a day's has some 100 kB."""
OBJECT_PAGE = "https://www.wis-tns.org/object/"
_NEEDED = ("name", "ra", "declination")


def files_wanted(now: datetime, done: frozenset[str], most: int = 8) -> list[str]:
    """The names of the files that hold what has come since yesterday, the newest first.

    An hour's file is named by its hour and written anew each day, so that `done` has it with its
    day, as this gives it: `20261128` for a day, `20261129/07` for an hour.
    """
    utc = now.astimezone(UTC)
    hours = [f"{utc:%Y%m%d}/{hour:02d}" for hour in reversed(range(utc.hour))]
    day = f"{utc - timedelta(days=1):%Y%m%d}"
    return [each for each in (*hours, day) if each not in done][:most]


def file_name(wanted: str) -> str:
    """What the file is called there."""
    return f"tns_public_objects_{wanted.rpartition('/')[2]}.csv.zip"


def read_tns_file(body: bytes) -> AlertsRead:
    """What a file of public objects holds, in its zip or out of it. Raises NotUnderstood."""
    text = _unzipped(body).decode("utf-8", "replace")
    lines = io.StringIO(text, newline="")
    rows = csv.reader(lines)
    gathering = AlertGathering()
    try:
        header: list[str] = []
        for number, row in enumerate(rows, start=1):
            if not header:
                header = [each.strip().casefold() for each in row]
                if not all(each in header for each in _NEEDED):
                    header = []
                    if number > 3:
                        raise NotUnderstood(SITE, "its file has no header that is known here")
                continue
            if row:
                _add(gathering, number, dict(zip(header, row, strict=False)))
    except csv.Error as error:
        raise NotUnderstood(SITE, f"{error}") from error
    if not header:
        raise NotUnderstood(SITE, "its file has no header that is known here")
    return gathering.done()


def read_tns_json(body: bytes) -> AlertsRead:
    """What a search or an object says; rows without a place are passed over.

    Raises NotUnderstood.
    """
    try:
        document = msgspec.json.decode(body)
    except UNREADABLE as error:
        raise NotUnderstood(SITE, "its answer is cut or no JSON") from error
    data = document.get("data") if isinstance(document, dict) else None
    if isinstance(data, dict) and "reply" in data:
        data = data["reply"]
    gathering = AlertGathering()
    rows = data if isinstance(data, list) else [data]
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            if row is not None:
                gathering.refuse(number, "", "it is no object")
        elif row.get("ra") is None and row.get("radeg") is None:
            gathering.pass_over("without a place")
        else:
            _add(gathering, number, _plain_row(row))
    return gathering.done()


def _plain_row(row: dict[str, Any]) -> dict[str, Any]:
    """An object of the JSON with the names of the file's columns."""
    kind, band = row.get("object_type"), row.get("discmagfilter")
    return {
        "name_prefix": row.get("name_prefix") or row.get("prefix"),
        "name": row.get("objname"),
        "ra": row.get("ra") if row.get("radeg") is None else row.get("radeg"),
        "declination": row.get("dec") if row.get("decdeg") is None else row.get("decdeg"),
        "type": kind.get("name") if isinstance(kind, dict) else "",
        "discoverydate": row.get("discoverydate"),
        "discoverymag": row.get("discoverymag"),
        "filter": band.get("name") if isinstance(band, dict) else "",
        "internal_names": row.get("internal_names"),
    }


def _add(gathering: AlertGathering, line: int, row: dict[str, Any]) -> None:
    name, prefix = _text(row, "name"), _text(row, "name_prefix")
    full = f"{prefix} {name}".strip()
    try:
        ra = read_ra(_text(row, "ra"), "degrees")
        dec = read_dec(_text(row, "declination"))
    except ValueError as error:
        gathering.refuse(line, full, error)
        return
    mag_at = moment(_text(row, "discoverydate"))
    gathering.add(
        line,
        source=Source.TNS,
        id=name,
        name=full if name else "",
        ra_deg=ra,
        dec_deg=dec,
        what=_text(row, "type") or prefix,
        mag=magnitude(row.get("discoverymag")),
        band=_text(row, "filter"),
        mag_at=mag_at,
        discovered=mag_at,
        link=f"{OBJECT_PAGE}{name}" if name.isalnum() else "",
        text=_text(row, "internal_names"),
    )


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    return f"{value}".strip() if isinstance(value, str | int | float) else ""


def _unzipped(body: bytes) -> bytes:
    """The one file of a zip, never more than `MOST_BYTES` of it."""
    if not body.startswith(b"PK"):
        return body
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = [each for each in archive.infolist() if not each.is_dir()]
            if len(members) != 1:
                raise NotUnderstood(SITE, f"its zip has {len(members)} files instead of one")
            with archive.open(members[0]) as file:
                found = file.read(MOST_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise NotUnderstood(SITE, "its zip is damaged") from error
    if len(found) > MOST_BYTES:
        raise NotUnderstood(SITE, f"its file has more than {MOST_BYTES // 10**6} MB")
    return found
