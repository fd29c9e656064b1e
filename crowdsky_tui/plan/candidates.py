"""Targets of the list as the planner wants them: what is due, what is bound to a time. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from crowdsky_tui.blocks.targets import target_key
from crowdsky_tui.plan.due import NEVER, Due, due_of, slack_days
from crowdsky_tui.plan.proved import ProvedBefore, keys_of
from crowdsky_tui.plan.target import ANY, EVERY, Kind, Target
from crowdsky_tui.plan.timeliness import Before, Between, Phase, Tonight, With
from crowdsky_tui.scheduling.messages import MOST_SLOTS, SLOT, Candidate, PhaseWindow, Window
from crowdsky_tui.scheduling.urgency import urgency

DAY = timedelta(days=1)
HALF = 0.5
"""A cadence of so many days, or more, is one of nights."""
ZENITH_DEG = 85.0
SUN_DEG = -12.0


def candidates_of(
    targets: Sequence[Target],
    proved: ProvedBefore,
    begins: datetime,
    now: datetime,
    visits: Mapping[str, int] | None = None,
) -> list[Candidate]:
    """All targets as candidates; one that is not wanted now says why.

    Parameters
    ----------
    targets
        The list.
    proved
        What was proved before this night; what is proved of it is for `proved.happened`.
    begins, now
        Aware: the noon before the night; that, or a moment in it.
    visits
        How many visits of each target (by uid) were done before this night, where the stacks of
        some are not known any more; None: not known.
    """
    uids = {target_key(name): each.uid for each in targets for name in (each.name, *each.alt_names)}
    return [
        _candidate(each, proved, (begins, now), (visits or {}).get(each.uid, 0), uids)
        for each in targets
    ]


def _candidate(
    target: Target,
    proved: ProvedBefore,
    night: tuple[datetime, datetime],
    visits: int,
    uids: dict[str, str],
) -> Candidate:
    begins, now = night
    due = due_of(target, proved.last, now)
    done = max(
        visits * target.blocks_per_visit, sum(proved.blocks.get(key, 0) for key in keys_of(target))
    )
    others = [each.other for each in target.timeliness if isinstance(each, With)]
    partner = next((uids[key] for each in others if (key := target_key(each)) in uids), "")
    companions = tuple(each for each in others if target_key(each) not in uids)
    not_now = _not_now(target, due, begins)
    if target.max_visits is not None and done >= target.max_visits * target.blocks_per_visit:
        not_now = f"all {target.max_visits} visits are done"
    ends = [each.until for each in target.timeliness if isinstance(each, Before)]
    before = min(ends, default=None)
    limits, most = target.constraints, _most(target, done)
    return Candidate(
        uid=target.uid,
        name=target.name,
        ra_deg=target.ra_deg_j2000,
        dec_deg=target.dec_deg_j2000,
        priority=target.priority,
        blocks=target.blocks_per_visit,
        min_run=min(target.min_run, target.blocks_per_visit),
        most=most,
        apart=_apart(target),
        scopes=_scopes(target, companions),
        every=target.scopes.strip().casefold() == EVERY or bool(companions),
        fixed=_is_fixed(target, now),
        opportunistic=target.kind is Kind.OPPORTUNISTIC,
        partner=partner if partner != target.uid else "",
        windows=_windows(target),
        before=min(filter(None, (before, target.expires)), default=None),
        phases=_phases(target),
        min_alt_deg=target.min_alt_deg,
        max_alt_deg=ZENITH_DEG if limits.max_alt_deg is None else limits.max_alt_deg,
        sun_alt_deg=SUN_DEG if limits.sun_alt_deg is None else limits.sun_alt_deg,
        moon_distance_deg=limits.moon_distance_deg,
        moon_down=limits.moon_down,
        filter=target.filter,
        exposure_s=target.sub_exposure_s,
        urgency=_urgency(target, due.last, before, now),
        last=due.last,
        not_now=not_now,
    )


def _urgency(
    target: Target, last: datetime | None, before: datetime | None, now: datetime
) -> float:
    alert = target.created if target.kind is Kind.ALERT else None
    tonight = any(isinstance(each, Tonight) for each in target.timeliness)
    nights = None if before is None else max(int((before - now) / DAY), 0)
    return urgency(
        cadence_d=target.cadence_d,
        since_d=None if last is None else (now - last) / DAY,
        nights_left=0 if tonight else nights,
        alert_h=None if alert is None else (now - alert) / timedelta(hours=1),
    )


def _is_fixed(target: Target, now: datetime) -> bool:
    """Bound to a time of this night."""
    return any(
        isinstance(each, Between | Phase | Tonight)
        or (isinstance(each, Before) and each.until <= now + DAY)
        for each in target.timeliness
    )


def _windows(target: Target) -> tuple[Window, ...]:
    found = (each for each in target.timeliness if isinstance(each, Between))
    return tuple(Window(each.start, each.end) for each in found)


def _phases(target: Target) -> tuple[PhaseWindow, ...]:
    found = (each for each in target.timeliness if isinstance(each, Phase))
    return tuple(
        PhaseWindow(each.first, each.last, each.period_d, each.epoch, each.scale) for each in found
    )


def _not_now(target: Target, due: Due, begins: datetime) -> str:
    """Why it is not wanted this night; "" if it is. A cadence of days counts nights.

    So "every 1 d" is each night, however late it was observed in the last one.
    """
    cadence = target.cadence_d
    if due.due or due.last is None or cadence is None or cadence < HALF:
        return "" if due.due or due.words == NEVER else due.words
    if not due.waits:
        return due.words
    nights = -((due.last - begins) // DAY)
    return "" if nights >= cadence - slack_days(target) - HALF else due.words


def _most(target: Target, done: int) -> int:
    """How many slots it may have tonight: a visit for each of its days, or what is left of all.

    `done` are the blocks that were proved before.
    """
    cadence, most = target.cadence_d, MOST_SLOTS
    if cadence is not None:
        most = target.blocks_per_visit * max(1, round(0.5 / cadence))
    if target.max_visits is not None:
        most = min(most, max(target.blocks_per_visit * target.max_visits - done, 0))
    return most


def _apart(target: Target) -> int:
    """Slots between two visits of one night, for what is wanted more than daily."""
    cadence = target.cadence_d
    if cadence is None or cadence >= HALF:
        return 0
    return max(0, round((cadence - slack_days(target)) * DAY / SLOT) - target.blocks_per_visit)


def _scopes(target: Target, companions: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the scopes that it may have, or has to have at once; none: all."""
    words = target.scopes.strip()
    if words.casefold() in (ANY, EVERY):
        return ()
    names = [name.strip() for name in words.split(",") if name.strip()]
    return tuple(dict.fromkeys([*names, *companions]))
