"""Targets of the list as the planner wants them: what is due, what is bound to a time. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from crowdsky_tui.blocks.targets import target_key
from crowdsky_tui.plan.due import due_of
from crowdsky_tui.plan.target import ANY, EVERY, Kind, Target
from crowdsky_tui.plan.timeliness import Before, Between, Every, Phase, Tonight, With
from crowdsky_tui.scheduling.messages import MOST_SLOTS, SLOT, Candidate, PhaseWindow, Window
from crowdsky_tui.scheduling.urgency import urgency

DAY = timedelta(days=1)
ZENITH_DEG = 85.0
SUN_DEG = -12.0


def candidates_of(
    targets: Sequence[Target],
    proved: Mapping[str, datetime],
    now: datetime,
    visits: Mapping[str, int] | None = None,
) -> list[Candidate]:
    """All targets as candidates; one that is not wanted now says why.

    Parameters
    ----------
    targets
        The list.
    proved
        When each name was last proved (`due.newest`).
    now
        Aware; the beginning of the night, or a moment in it.
    visits
        How many visits of each target (by uid) are done; None: not known.
    """
    uids = {target_key(name): each.uid for each in targets for name in (each.name, *each.alt_names)}
    return [
        _candidate(each, proved, now, (visits or {}).get(each.uid, 0), uids) for each in targets
    ]


def _candidate(
    target: Target, proved: Mapping[str, datetime], now: datetime, done: int, uids: dict[str, str]
) -> Candidate:
    due = due_of(target, proved, now)
    others = [each.other for each in target.timeliness if isinstance(each, With)]
    partner = next((uids[key] for each in others if (key := target_key(each)) in uids), "")
    companions = tuple(each for each in others if target_key(each) not in uids)
    not_now = "" if due.due or due.words == "never observed" else due.words
    if target.max_visits is not None and done >= target.max_visits:
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
        windows=tuple(
            Window(each.start, each.end) for each in target.timeliness if isinstance(each, Between)
        ),
        before=min(filter(None, (before, target.expires)), default=None),
        phases=tuple(
            PhaseWindow(each.first, each.last, each.period_d, each.epoch, each.scale)
            for each in target.timeliness
            if isinstance(each, Phase)
        ),
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


def _most(target: Target, done: int) -> int:
    """How many slots it may have tonight: a visit for each of its days, or what is left of all."""
    cadence, most = target.cadence_d, MOST_SLOTS
    if cadence is not None:
        most = target.blocks_per_visit * max(1, round(0.5 / cadence))
    if target.max_visits is not None:
        most = min(most, target.blocks_per_visit * max(target.max_visits - done, 0))
    return most


def _apart(target: Target) -> int:
    """Slots between two visits of one night, for what is wanted more than daily."""
    cadence = target.cadence_d
    if cadence is None or cadence >= 0.5:
        return 0
    slack = min(
        (e.slack_days for e in target.timeliness if isinstance(e, Every) and e.days == cadence),
        default=0.0,
    )
    return max(0, round((cadence - slack) * DAY / SLOT) - target.blocks_per_visit)


def _scopes(target: Target, companions: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the scopes that it may have, or has to have at once; none: all."""
    words = target.scopes.strip()
    if words.casefold() in (ANY, EVERY):
        return ()
    names = [name.strip() for name in words.split(",") if name.strip()]
    return tuple(dict.fromkeys([*names, *companions]))
