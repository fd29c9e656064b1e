"""Notices of NASA's General Coordinates Network: JSON, VOEvent, `KEY: value` lines. Pure.

Source: facts of planning, section 10, and GCN's schema: `ra_dec_error` is a radius, or the two axes
and the angle of an ellipse, in degrees; `id` and `event_name` are text or lists; tenses and types
say what is no alert.
"""

import re
from typing import Any

import msgspec

from crowdsky_tui.plan.alerts.alert import (
    LONGEST_ERROR_DEG,
    AlertGathering,
    AlertsRead,
    Source,
)
from crowdsky_tui.plan.alerts.reading import UNREADABLE, NotUnderstood, moment
from crowdsky_tui.plan.alerts.voevent import read_voevent
from crowdsky_tui.plan.importers.items import number

SITE = "GCN"
HEARTBEAT = "gcn.heartbeat"
_LINE = re.compile(r"^([A-Z][A-Z0-9_]{2,40}):[ \t]+(.{1,400})$", re.MULTILINE)
_DEGREES = re.compile(r"([+-]?\d{1,3}(?:\.\d{1,12})?)\s*d\b")
_SIZE = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)\s*\[(arcsec|arcmin|deg)")
_TO_DEGREES = {"arcsec": 1 / 3600, "arcmin": 1 / 60, "deg": 1.0}


def read_gcn(topic: str, body: bytes) -> AlertsRead:
    """What one message of a topic holds; a heartbeat and a circular hold nothing.

    Raises NotUnderstood.
    """
    if topic == HEARTBEAT or topic == "gcn.circulars":
        return AlertsRead(passed_over={topic.rpartition(".")[2]: 1})
    if topic.startswith("gcn.classic.text."):
        return _classic(topic, body.decode("utf-8", "replace"))
    if topic.startswith("gcn.classic.voevent."):
        return read_voevent(topic, body)
    if not topic.startswith("gcn.notices."):
        return AlertsRead(passed_over={"topics that are not read": 1})
    try:
        notice = msgspec.json.decode(body)
    except UNREADABLE as error:
        raise NotUnderstood(SITE, "a notice is cut or no JSON") from error
    if not isinstance(notice, dict):
        raise NotUnderstood(SITE, "a notice is no object")
    return _notice(topic, notice)


def _notice(topic: str, notice: dict[str, Any]) -> AlertsRead:
    gathering = AlertGathering()
    tense, kind = _text(notice, "alert_tense"), _text(notice, "alert_type")
    ids = _texts(notice, "id") or _texts(notice, "event_name")
    if not ids:
        gathering.refuse(1, topic, "it has no id")
        return gathering.done()
    names = _texts(notice, "event_name") or ids
    instrument = _text(notice, "instrument") or _text(notice, "mission")
    trigger = moment(notice.get("trigger_time"))
    gathering.add(
        1,
        source=Source.GCN,
        id=ids[0],
        name=" ".join(filter(None, (instrument, names[0]))),
        ra_deg=None if (ra := number(notice.get("ra"))) is None else ra % 360,
        dec_deg=number(notice.get("dec")),
        error_deg=_error(notice.get("ra_dec_error")),
        what=_text(notice, "messenger") or instrument,
        discovered=trigger or moment(notice.get("alert_datetime")),
        link=_text(notice, "healpix_url"),
        text=topic,
        also=tuple(f"gcn {each}" for each in (*ids[1:], *names)[:8]),
        test=tense not in ("", "current"),
        retraction=kind == "retraction",
    )
    return gathering.done()


def _error(given: Any) -> float:
    """The radius of a place's error, of an ellipse the longer axis; the whole sky if unknown."""
    axes = given[:2] if isinstance(given, list) else [given]
    sizes = [size for each in axes if (size := number(each)) is not None and size >= 0]
    return min(max(sizes, default=LONGEST_ERROR_DEG), LONGEST_ERROR_DEG)


def _classic(topic: str, text: str) -> AlertsRead:
    gathering = AlertGathering()
    lines = {key: value.strip() for key, value in _LINE.findall(text[:40_000])}
    trigger = lines.get("TRIGGER_NUM", lines.get("EVENT_NUM", "")).partition(",")[0].strip()
    if not trigger:
        gathering.refuse(1, topic, "it has no number")
        return gathering.done()
    said = " ".join(lines.get(key, "") for key in ("NOTICE_TYPE", "COMMENTS")).casefold()
    ra, dec = (_degrees(lines, each) for each in ("RA", "DEC"))
    gathering.add(
        1,
        source=Source.GCN,
        id=f"{topic.rpartition('.')[2]} {trigger}",
        name=f"{lines.get('NOTICE_TYPE', 'GCN')} {trigger}",
        ra_deg=ra,
        dec_deg=dec,
        error_deg=_size(lines),
        what=lines.get("NOTICE_TYPE", ""),
        discovered=_classic_moment(lines),
        text=topic,
        test="test" in said.split(),
        retraction="retraction" in said,
    )
    return gathering.done()


def _keyed(lines: dict[str, str], end: str) -> str:
    """The value of `GRB_RA`, `SRC_RA` and their like: the key ends in `_RA`."""
    return next((value for key, value in lines.items() if key.endswith(f"_{end}")), "")


def _degrees(lines: dict[str, str], end: str) -> float | None:
    found = _DEGREES.search(_keyed(lines, end))
    return float(found[1]) if found else None


def _size(lines: dict[str, str]) -> float:
    found = _SIZE.search(_keyed(lines, "ERROR"))
    if not found:
        return LONGEST_ERROR_DEG
    return min(float(found[1]) * _TO_DEGREES[found[2]], LONGEST_ERROR_DEG)


def _classic_moment(lines: dict[str, str]) -> Any:
    """`14570 TJD; 98 DOY; 08/04/07` (yy/mm/dd) with `79384.00 SOD {22:03:04.00} UT`."""
    day = re.search(r"(\d\d)/(\d\d)/(\d\d)\s*$", _keyed(lines, "DATE").partition("(")[0].strip())
    time = re.search(r"\{(\d\d:\d\d:\d\d(?:\.\d+)?)\}", _keyed(lines, "TIME"))
    if not day or not time:
        return None
    year, month, date = day.groups()
    return moment(f"20{year}-{month}-{date}T{time[1][:8]}")


def _text(notice: dict[str, Any], key: str) -> str:
    value = notice.get(key)
    return value if isinstance(value, str) else ""


def _texts(notice: dict[str, Any], key: str) -> list[str]:
    value = notice.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = f"{value}"
    values = value if isinstance(value, list) else [value]
    return [each for each in values[:20] if isinstance(each, str) and each.strip()]
