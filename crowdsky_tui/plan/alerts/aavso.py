"""AAVSO's Target Tool: a ready list with cadence, priority and magnitudes. Pure.

Source: recorded answers of `targettool.aavso.org/TargetTool/api/v1/targets`, and the key names that
later versions have been coded for (facts of planning, section 10).
"""

import re

import msgspec

from crowdsky_tui.plan.alerts.alert import AlertGathering, AlertsRead, Source
from crowdsky_tui.plan.alerts.reading import UNREADABLE, NotUnderstood
from crowdsky_tui.plan.importers.items import Item
from crowdsky_tui.plan.importers.json_lists import read_json
from crowdsky_tui.plan.target import Kind
from crowdsky_tui.plan.timeliness import Every

_NOTICE = re.compile(r"(https://www\.aavso\.org/aavso-alert-notice-(\d{1,6}))\b")


def read_aavso(body: bytes, newest_notice: int = 0) -> AlertsRead:
    """What an answer of the Target Tool holds; an empty list holds nothing.

    A target of an alert notice newer than `newest_notice` is to be followed, others monitored.
    Raises NotUnderstood.
    """
    try:
        document = msgspec.json.decode(body)
    except UNREADABLE as error:
        raise NotUnderstood("AAVSO's Target Tool", "its answer is cut or no JSON") from error
    rows = document.get("targets") if isinstance(document, dict) else None
    if rows is None and isinstance(document, dict) and "targets" in document:
        rows = []  # seen where nothing is wanted
    if not isinstance(rows, list):
        raise NotUnderstood("AAVSO's Target Tool", "its answer has no list of targets")
    gathering = AlertGathering()
    if not rows:
        return gathering.done()
    try:
        found = read_json({"targets": rows}, "degrees")
    except (ValueError, TypeError, RecursionError) as error:
        raise NotUnderstood("AAVSO's Target Tool", f"{error}") from error
    if found.format != "AAVSO Target Tool":
        raise NotUnderstood("AAVSO's Target Tool", "no row names a star")
    for refused in found.refused:
        gathering.refuse(refused.line, refused.name, refused.reason)
    for item in found.items:
        _add(gathering, item, newest_notice)
    return gathering.done()


def newest_notice(read: AlertsRead) -> int:
    """The highest number of an alert notice in what was read; 0 for none."""
    numbers = [int(found[2]) for each in read.alerts if (found := _NOTICE.search(each.link))]
    return max(numbers, default=0)


def _add(gathering: AlertGathering, item: Item, newest: int) -> None:
    fields = item.fields
    notes = f"{fields.get('notes', '')}"
    notices = sorted(_NOTICE.findall(notes), key=lambda found: int(found[1]))
    link, number = (notices[-1][0], int(notices[-1][1])) if notices else ("", 0)
    every = fields.get("timeliness", ())
    gathering.add(
        item.line,
        source=Source.AAVSO,
        id=item.name,
        name=item.name,
        ra_deg=item.ra_deg,
        dec_deg=item.dec_deg,
        kind=Kind.FOLLOW_UP if newest and number > newest else Kind.MONITOR,
        bright=fields.get("mag_bright"),
        faint=fields.get("mag_faint"),
        band=fields.get("mag_band", ""),
        cadence_d=next((each.days for each in every if isinstance(each, Every)), None),
        priority=fields.get("priority"),
        link=link,
        text="; ".join(filter(None, (item.note, notes))),
    )
