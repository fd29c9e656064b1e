"""Whether a target is due, by what of it is proved. Pure.

What counts is what the server lists, never what was attempted.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from crowdsky_tui.blocks.targets import target_key
from crowdsky_tui.plan.target import Target, TargetState
from crowdsky_tui.plan.timeliness import Before, Between, Every

NIGHT_AHEAD = timedelta(hours=12)
"""A window that opens within this time is one of the coming night."""


class Due(msgspec.Struct, frozen=True):
    """Whether a target is wanted now, why or why not, and when it was last proved (aware)."""

    words: str
    last: datetime | None = None
    due: bool = False


def newest(seen: Iterable[tuple[str, datetime]]) -> dict[str, datetime]:
    """When each name was last proved; the names in the form in which they are compared."""
    found: dict[str, datetime] = {}
    for name, at in seen:
        key = target_key(name)
        found[key] = max(found.get(key, at), at)
    return found


def due_of(target: Target, proved: Mapping[str, datetime], now: datetime) -> Due:
    """Whether a target is due at a moment; `proved` is from `newest`."""
    names = map(target_key, (target.name, *target.alt_names))
    last = max((proved[name] for name in names if name in proved), default=None)
    if target.state is not TargetState.ACTIVE:
        return Due(target.state.value, last, due=False)
    if target.expires is not None and target.expires <= now:
        return Due("expired", last, due=False)
    if shut := _shut(target, now):
        return Due(shut, last, due=False)
    if last is None:
        return Due("never observed", None, due=True)
    since = (now - last) / timedelta(days=1)
    ago = f"{max(since, 0):.1f} d ago"
    cadence = target.cadence_d
    if cadence is None:
        return Due(ago, last, due=True)
    slack = min(
        (each.slack_days for each in target.timeliness
         if isinstance(each, Every) and each.days == cadence), default=0.0,
    )  # fmt: skip
    if since >= cadence - slack:
        return Due(f"{ago}, every {cadence:g} d", last, due=True)
    return Due(f"{ago}, again in {cadence - slack - since:.1f} d", last, due=False)


def _shut(target: Target, now: datetime) -> str:
    """Why its times leave it out now; "" if they do not. Of several windows one has to be open."""
    if any(isinstance(each, Before) and each.until <= now for each in target.timeliness):
        return "its time is over"
    windows = [each for each in target.timeliness if isinstance(each, Between)]
    if not windows or any(each.start - NIGHT_AHEAD <= now < each.end for each in windows):
        return ""
    opens = min((each.start for each in windows if each.start > now), default=None)
    return "its time is over" if opens is None else f"from {opens:%Y-%m-%d %H:%M} UTC"
