"""The inbox in the database, what it says of tonight, and what the user decides of it.

Importing this does not import SQLAlchemy.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.config.alert_settings import AlertSettings
from crowdsky_tui.database.database import Database
from crowdsky_tui.plan.alerts.alert import Alert, AlertState
from crowdsky_tui.plan.alerts.inbox import KeptAlert, Received
from crowdsky_tui.plan.alerts.same import on_list
from crowdsky_tui.plan.alerts.verdict import Verdict, sky_verdict, target_of, without_sky
from crowdsky_tui.plan.planning import NightPlanning
from crowdsky_tui.plan.proved import ProvedBlock
from crowdsky_tui.plan.target import Target, TargetState, changed
from crowdsky_tui.site.place import Place

if TYPE_CHECKING:
    import sqlalchemy as sa


class JudgedAlert(msgspec.Struct, frozen=True):
    """An alert of the inbox with what is said of it for tonight."""

    kept: KeptAlert
    verdict: Verdict


class Alerts:
    """All methods raise DatabaseError. `settings` has the limits."""

    def __init__(self, database: Database, clock: Clock, settings: AlertSettings) -> None:
        self._database, self._clock, self._settings = database, clock, settings

    async def all(self) -> tuple[KeptAlert, ...]:
        """All that are kept, the newest first."""

        def work(connection: "sa.Connection") -> tuple[KeptAlert, ...]:
            from crowdsky_tui.plan.alerts import alert_rows

            return alert_rows.load(connection)

        return await self._database.run(work)

    async def receive(self, alerts: Iterable[Alert]) -> Received:
        """Keep what is new of these; what has changed in the inbox."""
        chosen, now = tuple(alerts), self._clock.now()

        def work(connection: "sa.Connection") -> Received:
            from crowdsky_tui.plan.alerts import alert_rows

            return alert_rows.receive(connection, chosen, now)

        return await self._database.run(work)

    async def judge(
        self,
        kept: Sequence[KeptAlert],
        planning: NightPlanning,
        place: Place | None,
        proved: Sequence[ProvedBlock],
        zone: tzinfo | None,
    ) -> tuple[JudgedAlert, ...]:
        """What is said of alerts for tonight, by the planner where the place is known.

        Raises ScienceUnavailable.
        """
        now, targets = self._clock.now(), await planning.list.all()
        said = {each.uid: without_sky(each, self._settings, targets, now) for each in kept}
        asked = {each.uid: target_of(each.alert, now) for each in kept if said[each.uid] is None}
        if asked and place is not None:
            planned = await planning.plan(place, now, proved, targets=(*targets, *asked.values()))
            for uid, target in asked.items():
                said[uid] = sky_verdict(planned.schedule, target.uid, zone)
        unknown = Verdict(good=False, words="the site is not set")
        return tuple(JudgedAlert(each, said[each.uid] or unknown) for each in kept)

    async def take(self, kept: KeptAlert, planning: NightPlanning) -> Target:
        """Put it onto the list, active; one that is there already is made active.

        Raises UsageError for what has no place, or was withdrawn.
        """
        alert, now = kept.alert, self._clock.now()
        if kept.state is AlertState.WITHDRAWN:
            raise UsageError(f"{alert.name} cannot be taken", "it was withdrawn")
        if alert.ra_deg is None:
            raise UsageError(f"{alert.name} cannot be taken", "its place is not known")
        there = on_list(alert, await planning.list.all())
        target = target_of(alert, now) if there is None else changed(there, state="active")
        await planning.list.save([target])
        await self.decide(kept.uid, AlertState.TAKEN, target.uid)
        return target

    async def decide(self, uid: str, state: AlertState, target: str = "") -> KeptAlert:
        """Write down what became of an alert. Raises UsageError if there is none."""
        now = self._clock.now()

        def work(connection: "sa.Connection") -> KeptAlert | None:
            from crowdsky_tui.plan.alerts import alert_rows

            return alert_rows.decide(connection, uid, state, target, now)

        after = await self._database.run(work)
        if after is None:
            raise UsageError("this alert is not there any more")
        return after


async def withdraw_targets(
    withdrawn: Iterable[KeptAlert], planning: NightPlanning, begun: Callable[[str], bool]
) -> list[Target]:
    """Take what was withdrawn out of the plan, unless it has begun; the targets changed."""
    uids = {each.target for each in withdrawn if each.target}
    if not uids:
        return []
    gone = [
        changed(each, state=TargetState.EXPIRED.value)
        for each in await planning.list.all()
        if each.uid in uids and each.state is TargetState.ACTIVE and not begun(each.uid)
    ]
    if gone:
        await planning.list.save(gone)
    return gone


def judged_rows(judged: Sequence[JudgedAlert], state: str, now: datetime) -> list[JudgedAlert]:
    """Those of a state ("" for all), what can be observed first."""
    chosen = [each for each in judged if state in ("", each.kept.state.value)]
    return sorted(chosen, key=lambda each: (not each.verdict.good, now - each.kept.seen))
