"""A list and its plan as one JSON file for friends. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from crowdsky_tui.base.text import clean
from crowdsky_tui.plan.target import Target
from crowdsky_tui.scheduling.messages import Schedule
from crowdsky_tui.site.place import Place

FORMAT, VERSION = "crowdsky-tui plan", 1


def plan_document(
    targets: Sequence[Target],
    schedule: Schedule,
    now: datetime,
    *,
    author: str = "",
    place: Place | None = None,
) -> bytes:
    """The whole list, and the runs in UTC. Coordinates of the site are in it only if given."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "author": clean(author, 80),
        "made_at": now,
        "targets": list(targets),
        "runs": [
            {"scope": run.scope, "target": run.uid, "name": run.name, "start": run.start,
             "end": run.end}
            for run in schedule.runs
        ],
    }  # fmt: skip
    if place is not None:
        document["site"] = {
            "latitude_deg": place.latitude_deg,
            "longitude_deg": place.longitude_deg,
            "elevation_m": place.elevation_m,
        }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
