"""Whether a target is due, by what of it is proved. Pure.

What counts is what the server lists, never what was attempted.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from crowdsky_tui.plan.proved import keys_of
from crowdsky_tui.plan.target import Target, TargetState
from crowdsky_tui.plan.timeliness import Before, Between, Every

NEVER = "never observed"
NIGHT_AHEAD = timedelta(hours=12)
"""A window that opens within this time is one of the coming night."""


class Due(msgspec.Struct, frozen=True):
    """Whether a target is wanted now, why or why not, and when it was last proved (aware).

    `waits`: it is not wanted for its cadence alone.
    """

    words: str
    last: datetime | None = None
    due: bool = False
    waits: bool = False


def due_of(target: Target, proved: Mapping[str, datetime], now: datetime) -> Due:
    """Whether a target is due at a moment; `proved` is from `proved.newest`."""
    last = max((proved[name] for name in keys_of(target) if name in proved), default=None)
    if target.state is not TargetState.ACTIVE:
        return Due(target.state.value, last, due=False)
    if target.expires is not None and target.expires <= now:
        return Due("expired", last, due=False)
    if shut := _shut(target, now):
        return Due(shut, last, due=False)
    if last is None:
        return Due(NEVER, None, due=True)
    since = (now - last) / timedelta(days=1)
    ago = f"{max(since, 0):.1f} d ago"
    cadence = target.cadence_d
    if cadence is None:
        return Due(ago, last, due=True)
    slack = slack_days(target)
    if since >= cadence - slack:
        return Due(f"{ago}, every {cadence:g} d", last, due=True)
    return Due(f"{ago}, again in {cadence - slack - since:.1f} d", last, due=False, waits=True)


def slack_days(target: Target) -> float:
    """By how much it may come before its cadence."""
    cadence = target.cadence_d
    found = (e.slack_days for e in target.timeliness if isinstance(e, Every) and e.days == cadence)
    return min(found, default=0.0)


def _shut(target: Target, now: datetime) -> str:
    """Why its times leave it out now; "" if they do not. Of several windows one has to be open."""
    if any(isinstance(each, Before) and each.until <= now for each in target.timeliness):
        return "its time is over"
    windows = [each for each in target.timeliness if isinstance(each, Between)]
    if not windows or any(each.start - NIGHT_AHEAD <= now < each.end for each in windows):
        return ""
    opens = min((each.start for each in windows if each.start > now), default=None)
    return "its time is over" if opens is None else f"from {opens:%Y-%m-%d %H:%M} UTC"
