"""The alerts that have come, what became of them, and how a new one is told from a known. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.plan.alerts.alert import Alert, AlertState, squeezed
from crowdsky_tui.plan.alerts.same import is_same

KEPT_FOR = timedelta(days=60)
"""So long after it was last told an alert that was not taken is kept."""
MOST_ALSO = 20


class KeptAlert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An alert and what became of it. `seen` and `changed` are aware; `target` is a uid."""

    alert: Alert
    state: AlertState = AlertState.NEW
    seen: datetime
    changed: datetime
    target: str = ""

    @property
    def uid(self) -> str:
        """The alert's."""
        return self.alert.uid


class Received(msgspec.Struct, frozen=True):
    """What an answer has changed in the inbox; `withdrawn` had been told before."""

    new: tuple[KeptAlert, ...] = ()
    changed: tuple[KeptAlert, ...] = ()
    withdrawn: tuple[KeptAlert, ...] = ()
    old: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[KeptAlert, ...]:
        """What is to be written."""
        return (*self.new, *self.changed, *self.withdrawn)


def received(known: Sequence[KeptAlert], alerts: Iterable[Alert], now: datetime) -> Received:
    """Put alerts to those that are known: nothing comes twice, and what was decided stays.

    A retraction withdraws what it is about, also where it comes before it.
    """
    before = {each.uid: each for each in known}
    there = dict(before)
    for alert in alerts:
        found = there.get(alert.uid) or next(
            (each for each in there.values() if is_same(each.alert, alert)), None
        )
        if found is None:
            off = alert.retraction or alert.test
            state = AlertState.WITHDRAWN if off else AlertState.NEW
            there[alert.uid] = KeptAlert(alert=alert, state=state, seen=now, changed=now)
            continue
        merged = found.alert if alert.retraction or alert.test else _merged(found.alert, alert)
        state = AlertState.WITHDRAWN if alert.retraction else found.state
        if (merged, state) != (found.alert, found.state):
            there[found.uid] = msgspec.structs.replace(
                found, alert=merged, state=state, changed=now
            )
    return _difference(before, there, now)


def _difference(
    before: dict[str, KeptAlert], there: dict[str, KeptAlert], now: datetime
) -> Received:
    new, changed, withdrawn = [], [], []
    for uid, each in there.items():
        old = before.get(uid)
        if old is None:
            new.append(each)
        elif each.state is AlertState.WITHDRAWN and old.state is not each.state:
            withdrawn.append(each)
        elif each != old:
            changed.append(each)
    gone = tuple(
        each.uid
        for each in there.values()
        if now - each.changed > KEPT_FOR and each.state is not AlertState.TAKEN
    )
    return Received(tuple(new), tuple(changed), tuple(withdrawn), gone)


def _merged(old: Alert, new: Alert) -> Alert:
    """What is known of one event: its own source says it anew, another one adds to it."""
    own = old.source is new.source and squeezed(old.id) == squeezed(new.id)
    other = () if own else (f"{new.source} {new.id}",)
    also = tuple(dict.fromkeys((*old.also, *new.also, *other)))[:MOST_ALSO]
    if own:
        return msgspec.structs.replace(new, also=also)
    better = new.ra_deg is not None and (old.ra_deg is None or new.error_deg < old.error_deg)
    place = new if better else old
    return msgspec.structs.replace(
        old,
        also=also,
        ra_deg=place.ra_deg,
        dec_deg=place.dec_deg,
        error_deg=place.error_deg,
        mag=old.mag if old.mag is not None else new.mag,
        band=old.band if old.mag is not None else new.band,
        mag_at=old.mag_at if old.mag is not None else new.mag_at,
        what=old.what or new.what,
    )


def find_alert(kept: Sequence[KeptAlert], typed: str) -> KeptAlert:
    """The alert that is meant by its name, its id or the beginning of its uid.

    Raises UsageError where there is none, or more than one.
    """
    wanted = squeezed(typed)
    found = [
        each for each in kept if wanted in (squeezed(each.alert.name), squeezed(each.alert.id))
    ]
    if not found and len(wanted) >= 6:
        found = [each for each in kept if each.uid.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(f"there is no alert {clean(typed, 60)}", "", "'alerts list' shows them")
    several = ", ".join(f"{each.alert.name} ({each.uid[:8]})" for each in found[:5])
    raise UsageError(f"{clean(typed, 60)} may be any of these", several, "Give one's uid")
