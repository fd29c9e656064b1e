"""How often and how long a job that went wrong is tried again."""

import math
import random
from datetime import datetime, time, timedelta, tzinfo

from crowdsky_tui.base.errors import CrowdSkyError, RateLimited

MAX_ATTEMPTS = 8
FIRST_BACKOFF_S = 1.0
LONGEST_BACKOFF_S = 300.0
LONGEST_REST_S = 86_400.0
JITTER = 0.1
SHORTEST_BUDGET = timedelta(hours=6)
LONGEST_BUDGET = timedelta(hours=31)
"""To the second noon after that, on a day with another hour in it."""
NOON = time(12)


def next_pause(error: CrowdSkyError, attempts: int) -> float:
    """Seconds until the next attempt after `attempts` bad ones: doubling, and never all at once.

    Never sooner than a server that is asked too often wants it (at most an hour, see `replies`).
    """
    pause = min(FIRST_BACKOFF_S * 2.0 ** min(attempts - 1, 20), LONGEST_BACKOFF_S)
    pause *= random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
    if isinstance(error, RateLimited) and error.retry_after is not None:
        return max(pause, error.retry_after)
    return pause


def bounded(seconds: float) -> float:
    """A rest of at most a day, whatever was asked for; also for what is no number."""
    if math.isnan(seconds):
        return LONGEST_BACKOFF_S
    return min(max(seconds, 0.0), LONGEST_REST_S)


def is_over(
    error: CrowdSkyError,
    attempts: int,
    budget_end: datetime,
    now: datetime,
    held_s: float,
) -> bool:
    """Whether a job has failed: at once, after so many attempts, or at an outage's last moment.

    `held_s` is for how long this run has held the job, by the clock that nobody sets: one that is
    set in the middle neither cuts an outage short nor makes it last for ever.
    """
    if error.outage:
        held = timedelta(seconds=min(held_s, 1e9))
        return held >= LONGEST_BUDGET or (now >= budget_end and held >= SHORTEST_BUDGET)
    return not error.retryable or attempts >= MAX_ATTEMPTS


def budget_end(asked_at: datetime, zone: tzinfo | None) -> datetime:
    """Noon on the clock of `zone`, at least `SHORTEST_BUDGET` after the job was asked for."""
    earliest = (asked_at + SHORTEST_BUDGET).astimezone(zone)
    noon = earliest.replace(hour=NOON.hour, minute=0, second=0, microsecond=0)
    if noon < earliest:
        noon += timedelta(days=1)
    return noon.astimezone(asked_at.tzinfo)
