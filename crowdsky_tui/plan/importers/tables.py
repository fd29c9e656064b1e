"""Lists in tables: Telescopius, Target Scheduler, seestar_alp, our own, any with a header. Pure.

A title may stand before the header; separators are comma, semicolon, tab or bar; the rows of
Telescopius have bare and doubled quotes in their fields.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from crowdsky_tui.plan.importers import json_lists
from crowdsky_tui.plan.importers.coordinates import RaUnit, ra_unit_of, read_dec, read_ra
from crowdsky_tui.plan.importers.items import (
    Gathering,
    Item,
    ListRead,
    RaUnitUnknown,
    number,
    plain_notes,
)
from crowdsky_tui.plan.target_csv import read_row
from crowdsky_tui.plan.timeliness import Every

HEADER_WITHIN = 6
"""Lines in which the header has to come."""
LONGEST_FIELD = 20_000
_NAMES = (
    "catalogue entry", "familiar name", "name", "target name", "target", "object name", "object",
    "star name", "star", "designation", "main id", "id",
)  # fmt: skip
_RAS = ("right ascension j2000", "raj2000", "ra j2000", "right ascension", "ra", "r a", "alpha")
_DECS = ("declination j2000", "dej2000", "decj2000", "dec j2000", "declination", "dec", "decl",
         "de", "delta")  # fmt: skip
_UNIT = re.compile(r"\b(deg|degs|degree|degrees|d|h|hr|hrs|hour|hours|2000|2000 0|icrs)\b")
Row = tuple[int, dict[str, str]]


def read_table(text: str, unit: RaUnit | None) -> ListRead:
    """Any table with a header. Raises ValueError for what has none, RaUnitUnknown."""
    header, rows = _parsed(text)
    columns = [_words(name) for name in header]
    if "uid" in columns and "ra deg j2000" in columns:
        return _ours(header, rows)
    tables = [(line, dict(zip(columns, cells, strict=False))) for line, cells in rows]
    if "action" in columns:
        return _schedule(header, rows)
    if "catalogue entry" in columns and "familiar name" in columns:
        return _plain("Telescopius", header, columns, tables, unit, _telescopius_fields)
    if {"pane", "overlap"} <= set(columns):
        return _plain("Telescopius mosaic", header, columns, tables, unit, _no_fields, "pane")
    if {"rotation", "roi"} <= set(columns):
        return _plain("Target Scheduler", header, columns, tables, unit, _no_fields)
    return _plain("table", header, columns, tables, unit, _plain_fields)


def _parsed(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header and the rows that are not empty, with their lines."""
    lines = text.splitlines()
    for at, line in enumerate(lines[:HEADER_WITHIN]):
        separator = max(",;\t|", key=line.count)
        if line.count(separator) and _is_header(_cells(line, separator)):
            rows = _read(lines[at + 1 :], separator, at + 1)
            return _cells(line, separator), rows
    raise ValueError("no line names the columns: a name, a right ascension and a declination")


def _read(lines: Sequence[str], separator: str, before: int) -> list[tuple[int, list[str]]]:
    """The rows; where a quote swallows what follows it, each line is read by itself."""
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator)
    start = 0
    try:
        for cells in reader:
            if any(len(cell) > LONGEST_FIELD or "\n" in cell for cell in cells):
                raise csv.Error("a quote is not closed")
            if any(cell.strip() for cell in cells):
                rows.append((before + start + 1, cells))
            start = reader.line_num
        return rows
    except csv.Error:
        return [
            (before + at, _cells(line, separator))
            for at, line in enumerate(lines, start=1)
            if line.strip(f"{separator} \t")
        ]


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, strict=False), [])
    except csv.Error:
        return line.split(separator)


def _is_header(cells: Iterable[str]) -> bool:
    columns = [_words(cell) for cell in cells]
    named = any(name in columns for name in (*_NAMES, "pane", "action"))
    return named and ("action" in columns or _column(columns, _DECS) is not None)


def _words(heading: str) -> str:
    """`RA (J2000)` as `ra j2000`."""
    return " ".join(re.split(r"[^a-z0-9]+", heading.casefold())).strip()


def _column(columns: Sequence[str], wanted: Sequence[str]) -> str | None:
    """The first wanted column that there is, whatever unit its heading names. Never one of JNow."""
    bare = {" ".join(_UNIT.sub(" ", name).split()): name for name in reversed(columns) if
            "jnow" not in name}  # fmt: skip
    return next((bare[name] for name in wanted if name in bare), None)


def _plain(
    format: str,
    header: Sequence[str],
    columns: Sequence[str],
    tables: Sequence[Row],
    unit: RaUnit | None,
    fields_of: Callable[[Mapping[str, str]], dict[str, Any]],
    name_column: str = "",
) -> ListRead:
    ra_column, dec_column = _column(columns, _RAS), _column(columns, _DECS)
    names = [name_column] if name_column else [name for name in _NAMES if name in columns]
    if ra_column is None or dec_column is None or not names:
        raise ValueError("no line names the columns: a name, a right ascension and a declination")
    heading = header[list(columns).index(ra_column)]
    unit = unit or ra_unit_of((row.get(ra_column, "") for _, row in tables), heading)
    if unit is None:
        raise RaUnitUnknown
    gathering = Gathering(format)
    for line, row in tables:
        name = next((row[each].strip() for each in names if row.get(each, "").strip()), "")
        try:
            ra, dec = read_ra(row.get(ra_column, ""), unit), read_dec(row.get(dec_column, ""))
            fields = fields_of(row)
        except ValueError as error:
            gathering.refuse(line, name, error)
        else:
            gathering.add(
                Item(line, name, ra, dec, jnow=False, fields={"source": "file", **fields})
            )
    return gathering.done()


def _no_fields(_row: Mapping[str, str]) -> dict[str, Any]:
    return {}


def _telescopius_fields(row: Mapping[str, str]) -> dict[str, Any]:
    fields: dict[str, Any] = {"source": "Telescopius", "notes": plain_notes(row.get("notes"))}
    if familiar := row.get("familiar name", "").strip():
        fields["alt_names"] = (plain_notes(familiar)[:80],)
    if (magnitude := number(row.get("magnitude"))) is not None:
        fields["mag_bright"] = magnitude
    return fields


def _plain_fields(row: Mapping[str, str]) -> dict[str, Any]:
    """What other columns of known names tell. Raises ValueError for what they cannot mean."""
    fields: dict[str, Any] = {}
    for column, name in (("priority", "priority"), ("exposure s", "sub_exposure_s")):
        if row.get(column, "").strip():
            value = number(row[column])
            if value is None or value % 1:
                raise ValueError(f"its {column} is no whole number")
            fields[name] = int(value)
    for column in ("notes", "note", "comment", "comments", "remarks"):
        if notes := plain_notes(row.get(column)):
            fields["notes"] = notes
            break
    for column, name in (("kind", "kind"), ("filter", "filter")):
        if word := row.get(column, "").strip():
            fields[name] = word.lower() if name == "kind" else word
    days = number(row.get("cadence days") or row.get("cadence d") or row.get("obs cadence"))
    if days is not None and days > 0:
        fields["timeliness"] = (Every(days),)
    return fields


def _schedule(header: Sequence[str], rows: Sequence[tuple[int, list[str]]]) -> ListRead:
    names = [name.strip() for name in header]
    steps: list[dict[str, Any]] = []
    for _, cells in rows:
        params = dict(zip(names, (cell.strip() for cell in cells), strict=False))
        steps.append({"action": params.get("action"), "params": params})
    return json_lists.schedule(steps, [line for line, _ in rows])


def _ours(header: Sequence[str], rows: Sequence[tuple[int, list[str]]]) -> ListRead:
    gathering = Gathering("crowdsky-tui")
    for line, cells in rows:
        row = dict(zip((name.strip() for name in header), cells, strict=False))
        try:
            fields = read_row(row)
            name, ra, dec = (
                fields.pop("name"),
                fields.pop("ra_deg_j2000"),
                fields.pop("dec_deg_j2000"),
            )
        except ValueError as error:
            gathering.refuse(line, row.get("name", ""), error)
        else:
            gathering.add(Item(line, name, ra, dec, jnow=False, fields=fields))
    return gathering.done()
