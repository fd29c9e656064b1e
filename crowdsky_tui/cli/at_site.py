"""What the verbs about the sky share: the place, its zone, and times as they are typed."""

import re
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.site.place import Place, set_place

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings

HOW = "crowdsky-tui config set site.latitude 48.2 site.longitude 16.4, or: crowdsky-tui site ask"


def need_place(settings: "Settings") -> Place:
    """The place of the settings; UsageError that tells how to set it."""
    place = set_place(settings)
    if place is None:
        raise UsageError("the site is not set", "the sky depends on where you are", HOW)
    return place


def read_time(typed: str | None, now: datetime, zone: tzinfo | None) -> datetime:
    """A moment as it is typed: ISO 8601, by default of the site's zone, or the next HH:MM."""
    if typed is None:
        return now
    local = now.astimezone(zone)
    if match := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", typed):
        hour, minute = map(int, match.groups())
        at = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
        return at if at >= local else at + timedelta(days=1)
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        raise UsageError(
            f"{clean(typed, 40)} is no time", "", "Write it like 23:30 or 2026-11-29T23:30"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone or local.tzinfo)
