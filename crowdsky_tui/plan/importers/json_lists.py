"""Lists in JSON: AAVSO's Target Tool, schedules of seestar_alp, N.I.N.A., SeeVar. Pure.

AAVSO's `min_mag` is the faint end, `max_mag` the bright one; either may be null. A schedule's bare
right ascension is in hours, SeeVar's in hours or degrees: only all of them together can tell.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from crowdsky_tui.plan.importers.coordinates import RaUnit, ra_unit_of, read_dec, read_ra
from crowdsky_tui.plan.importers.items import (
    Gathering,
    Item,
    ListRead,
    RaUnitUnknown,
    blocks_of,
    faintness_note,
    number,
    plain_notes,
    text,
)
from crowdsky_tui.plan.timeliness import Every

DEEPEST = 60
_DAYS = {"hour": 1 / 24, "hours": 1 / 24, "day": 1.0, "days": 1.0}


def read_json(document: Any, unit: RaUnit | None) -> ListRead:
    """Any of these lists. Raises ValueError for another document, RaUnitUnknown."""
    if isinstance(document, dict) and isinstance(rows := document.get("targets"), list):
        if any(isinstance(row, dict) and _aavso_name(row) for row in rows):
            return _aavso(rows)
        return _seevar(rows, unit)
    if isinstance(document, dict) and isinstance(steps := document.get("list"), list):
        return schedule([step for step in steps if isinstance(step, dict)])
    found = list(_nina_targets(document, DEEPEST))
    if found:
        return _nina(found)
    raise ValueError("this JSON is no list of targets that is known here")


def _aavso_name(row: dict[str, Any]) -> str:
    return text(row.get("star_name")) or text(row.get("primaryName"))


def _aavso(rows: Sequence[Any]) -> ListRead:
    gathering = Gathering("AAVSO Target Tool")
    for line, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            gathering.refuse(line, "", "it is no target")
            continue
        _aavso_row(gathering, line, row)
    return gathering.done()


def _aavso_row(gathering: Gathering, line: int, row: dict[str, Any]) -> None:
    name = _aavso_name(row)
    filter_name = text(row.get("filter")) or text(row.get("recommendedFilter"))
    if "spectr" in filter_name.casefold():
        gathering.refuse(line, name, "it is wanted in spectra, which a Seestar does not take")
        return
    later = row.get("coordinates")
    place = later if isinstance(later, dict) else {}
    ra, dec = row.get("ra", place.get("raDeg")), row.get("dec", place.get("decDeg"))
    bright = number(row.get("max_mag", row.get("maximumMagnitude")))
    faint = number(row.get("min_mag", row.get("minimumMagnitude")))
    fields: dict[str, Any] = {
        "kind": "monitor",
        "priority": 4 if row.get("priority") is True else 3,
        "blocks_per_visit": 1,
        "min_run": 1,
        "source": "AAVSO",
        "source_id": name,
        "mag_bright": bright,
        "mag_faint": faint,
        "mag_band": text(row.get("max_mag_band"))[:8],
        "notes": plain_notes(row.get("other_info")),
    }
    cadence = _aavso_cadence(row)
    if cadence is not None:
        fields["timeliness"] = (Every(cadence),)
    notes = [faintness_note(bright, faint), _last_by_anybody(row.get("last_data_point"))]
    note = "; ".join(filter(None, notes))
    try:
        item = Item(
            line,
            name,
            read_ra(str(ra), "degrees"),
            read_dec(str(dec)),
            jnow=False,
            fields=fields,
            note=note,
        )
    except ValueError as error:
        gathering.refuse(line, name, error)
    else:
        gathering.add(item)


def _aavso_cadence(row: dict[str, Any]) -> float | None:
    """Days between two observations."""
    days = number(row.get("obs_cadence"))
    if days is None:
        unit = _DAYS.get(text(row.get("cadenceUnit")).casefold(), 1.0)
        later = number(row.get("recommendedCadence"))
        days = None if later is None else later * unit
    return days if days is not None and 0 < days <= 100_000 else None


def _last_by_anybody(seconds: Any) -> str:
    at = number(seconds)
    if not at or not 0 < at < 4e9:
        return ""
    return f"last by anybody {datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


def _seevar(rows: Sequence[Any], unit: RaUnit | None) -> ListRead:
    gathering = Gathering("SeeVar")
    tables = [row if isinstance(row, dict) else {} for row in rows]
    unit = unit or ra_unit_of(str(row.get("ra")) for row in tables)
    if unit is None:
        raise RaUnitUnknown
    for line, row in enumerate(tables, start=1):
        name = text(row.get("name"))
        exposure = number(row.get("exposure_sec"))
        fields = {} if exposure not in (10, 20, 30, 60) else {"sub_exposure_s": int(exposure)}
        try:
            item = Item(
                line, name, read_ra(str(row.get("ra")), unit), read_dec(str(row.get("dec"))),
                jnow=False, fields={"kind": "monitor", "source": "SeeVar", **fields},
            )  # fmt: skip
        except ValueError as error:
            gathering.refuse(line, name, error)
        else:
            gathering.add(item)
    return gathering.done()


def schedule(steps: Sequence[dict[str, Any]], lines: Sequence[int] = ()) -> ListRead:
    """A schedule of seestar_alp: only its `start_mosaic` steps point at something."""
    gathering = Gathering("seestar_alp schedule")
    for number_of, step in enumerate(steps, start=1):
        line = lines[number_of - 1] if lines else number_of
        params = step.get("params")
        if step.get("action") != "start_mosaic" or not isinstance(params, dict):
            gathering.pass_over(step.get("action") or "a step without an action")
            continue
        _mosaic(gathering, line, params)
    return gathering.done()


def _mosaic(gathering: Gathering, line: int, params: dict[str, Any]) -> None:
    name, ra = text(params.get("target_name")), params.get("ra")
    decimal = number(ra)
    if decimal is not None and decimal < 0:
        gathering.refuse(line, name, "it is wherever the telescope points, which is no target")
        return
    fields: dict[str, Any] = {
        "filter": "LP" if _true(params.get("is_use_lp_filter")) else "",
        "source": "seestar_alp",
        **blocks_of(params.get("panel_time_sec") or params.get("session_time_sec")),
    }
    said = params.get("is_j2000")
    jnow = said is not None and not _true(said)
    try:
        item = Item(
            line, name, read_ra(str(ra), "hours"), read_dec(str(params.get("dec"))), jnow, fields
        )
    except ValueError as error:
        gathering.refuse(line, name, error)
    else:
        gathering.add(item)


def _true(value: Any) -> bool:
    return value is True or str(value).strip().casefold() in ("true", "1", "yes")


def _nina_targets(node: Any, deepest: int) -> Iterator[dict[str, Any]]:
    """Every object with a name and coordinates, wherever it is in a sequence."""
    if deepest < 0:
        return
    if isinstance(node, dict):
        if isinstance(node.get("InputCoordinates"), dict) and "TargetName" in node:
            yield node
            return
        for each in node.values():
            yield from _nina_targets(each, deepest - 1)
    elif isinstance(node, list):
        for each in node:
            yield from _nina_targets(each, deepest - 1)


def _nina(found: Sequence[dict[str, Any]]) -> ListRead:
    gathering = Gathering("N.I.N.A.")
    for line, target in enumerate(found, start=1):
        name, given = text(target.get("TargetName")), target["InputCoordinates"]
        try:
            ra = read_ra(_sexagesimal(given, "RAHours", "RAMinutes", "RASeconds"), "hours")
            dec = read_dec(_sexagesimal(given, "DecDegrees", "DecMinutes", "DecSeconds"))
        except ValueError as error:
            gathering.refuse(line, name, error)
            continue
        negative = given.get("NegativeDec") is True or (number(given.get("DecDegrees")) or 0) < 0
        gathering.add(
            Item(
                line,
                name,
                ra,
                -abs(dec) if negative else dec,
                jnow=False,
                fields={"source": "N.I.N.A."},
            )
        )
    return gathering.done()


def _sexagesimal(given: dict[str, Any], *keys: str) -> str:
    """Three numbers as one text; the sign stands in a field of its own."""
    parts = [number(given.get(key, 0)) for key in keys]
    whole, minutes, seconds = (abs(part) if part is not None else -1.0 for part in parts)
    if min(whole, minutes, seconds) < 0 or whole % 1 or minutes % 1:
        raise ValueError("its coordinates are no numbers")
    return f"{int(whole)}:{int(minutes):02d}:{seconds:.6f}"
