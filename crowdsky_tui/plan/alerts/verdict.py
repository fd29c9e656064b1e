"""What is said of an alert for tonight: when it is up, or the reason against it. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

import msgspec

from crowdsky_tui.config.alert_settings import AlertSettings
from crowdsky_tui.plan.alerts.alert import Alert, AlertState
from crowdsky_tui.plan.alerts.inbox import KeptAlert
from crowdsky_tui.plan.alerts.same import on_list
from crowdsky_tui.plan.target import Kind, Target, TargetState, new_target
from crowdsky_tui.plan.timeliness import Every
from crowdsky_tui.plan.why import forbidden
from crowdsky_tui.scheduling.messages import CLOSED, SLOT, Schedule

FOLLOW_EVERY_D, FOLLOW_FOR = 1.0, timedelta(days=14)
"""How often, in days, and how long what was taken is observed after its first visit."""


class Verdict(msgspec.Struct, frozen=True):
    """Whether it can be observed tonight, and why, or when."""

    good: bool
    words: str


def without_sky(
    kept: KeptAlert, limits: AlertSettings, targets: Sequence[Target], now: datetime
) -> Verdict | None:
    """What can be said without looking at the sky; None if only the sky can tell."""
    alert = kept.alert
    reason = _against(alert, kept.state, limits, now)
    there = on_list(alert, targets)
    if not reason and there is not None and there.state is TargetState.ACTIVE:
        reason = f"on the list already, as {there.name}"
    return Verdict(good=False, words=reason) if reason else None


def _against(alert: Alert, state: AlertState, limits: AlertSettings, now: datetime) -> str:
    if alert.test:
        return "a test"
    if alert.retraction or state is AlertState.WITHDRAWN:
        return "withdrawn"
    if alert.ra_deg is None or alert.dec_deg is None:
        return "its place is not known"
    if alert.error_deg > limits.error:
        return f"its place is known to {alert.error_deg:.1f}° only, more than {limits.error:g}°"
    if (age := _age_days(alert, now)) is not None and age > limits.oldest:
        return f"{age:.0f} days old, more than {limits.oldest:g}"
    return _magnitude_against(alert, limits)


def _age_days(alert: Alert, now: datetime) -> float | None:
    return None if alert.discovered is None else (now - alert.discovered) / timedelta(days=1)


def _magnitude_against(alert: Alert, limits: AlertSettings) -> str:
    """By its magnitude, or by the whole of its range."""
    brightest = alert.mag if alert.mag is not None else alert.bright
    faintest = alert.mag if alert.mag is not None else alert.faint
    if brightest is not None and brightest > limits.faintest:
        return f"too faint: {brightest:.1f} > {limits.faintest:g} mag"
    if faintest is not None and faintest < limits.brightest:
        return f"too bright: {faintest:.1f} < {limits.brightest:g} mag"
    return ""


def target_of(alert: Alert, now: datetime) -> Target:
    """The target that an alert would be. Raises UsageError for what no target can be."""
    more: dict[str, Any] = {
        "source": alert.source.value,
        "source_id": alert.id,
        "mag_bright": alert.bright if alert.mag is None else alert.mag,
        "mag_faint": alert.faint if alert.mag is None else alert.mag,
        "mag_band": alert.band,
        "notes": " ".join(filter(None, (alert.what, alert.link, alert.text))),
        "fetched_at": now,
        "created": now,
    }
    follows = alert.kind in (Kind.ALERT, Kind.FOLLOW_UP)
    if cadence_d := alert.cadence_d or (FOLLOW_EVERY_D if follows else None):
        more["timeliness"] = (Every(cadence_d),)
    if alert.priority is not None:
        more["priority"] = alert.priority
    if follows:
        more["expires"] = now + FOLLOW_FOR
    return new_target(
        alert.name or alert.id, alert.ra_deg or 0.0, alert.dec_deg or 0.0, kind=alert.kind, **more
    )


def sky_verdict(schedule: Schedule, uid: str, zone: tzinfo | None) -> Verdict:
    """What a night's plan says of a target, by its uid."""
    uids = [each for each, _ in schedule.targets]
    if not schedule.slots:
        return Verdict(good=False, words="no block of the night lies wholly in the dark")
    if uid not in uids:
        return Verdict(good=False, words="more targets than can be planned at once")
    target, slots = uids.index(uid), range(len(schedule.slots))
    scopes = range(len(schedule.scopes))
    able = [k for k in slots if any(_can(schedule, target, k, m) for m in scopes)]
    highest = max(able or slots, key=lambda k: schedule.altitude_deg(target, k))
    if not able:
        at = f"{schedule.slots[highest].astimezone(zone):%H:%M}"
        reason = forbidden(schedule, target, highest, 0) or "no telescope is free"
        return Verdict(good=False, words=f"at its highest, {at}: {reason}")
    start = schedule.slots[able[0]].astimezone(zone)
    end = (schedule.slots[able[-1]] + SLOT).astimezone(zone)
    up = f"up {start:%H:%M}–{end:%H:%M}, {schedule.altitude_deg(target, highest):.0f}°"
    return Verdict(good=True, words=up)


def _can(schedule: Schedule, target: int, slot: int, scope: int) -> bool:
    closed = schedule.target_at(scope, slot) == CLOSED
    return not closed and not forbidden(schedule, target, slot, scope)
