"""Calls about alerts: what has come, with its verdict; to look, to take, to leave."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.night.calls.call import SLOW_S, Call
from crowdsky_tui.plan.alerts.alert import AlertState
from crowdsky_tui.plan.alerts.alerts import judged_rows
from crowdsky_tui.plan.alerts.inbox import KeptAlert
from crowdsky_tui.plan.alerts.look import POLLED

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

MOST_ROWS = 500


class AlertRow(msgspec.Struct, frozen=True):
    """An alert as it is shown. `good`: it is up tonight; `tonight` says when, or why not."""

    uid: str
    name: str
    source: str
    what: str
    mag: float | None
    band: str
    seen: datetime
    good: bool
    tonight: str
    link: str = ""
    text: str = ""


class ShowAlerts(Call[tuple[AlertRow, ...]], frozen=True):
    """The alerts that wait, those that can be observed tonight first."""

    changes: ClassVar[bool] = False

    async def run(self, night: "NightParts") -> tuple[AlertRow, ...]:
        watch = night.services.alerts
        kept = [each for each in await watch.inbox.all() if each.state is AlertState.NEW]
        judged = judged_rows(await watch.judge(kept), "", night.clock.now())
        return tuple(
            AlertRow(
                each.kept.uid, alert.name, alert.source.value, alert.what or alert.kind.value,
                alert.mag, alert.band, each.kept.seen, each.verdict.good, each.verdict.words,
                alert.link, alert.text,
            )
            for each in judged[:MOST_ROWS]
            for alert in (each.kept.alert,)
        )  # fmt: skip


class TakeAlert(Call[str], frozen=True):
    """Put an alert (by uid) onto the list of targets, to be planned."""

    uid: str

    async def run(self, night: "NightParts") -> str:
        watch = night.services.alerts
        target = await watch.inbox.take(await _kept(night, self.uid), watch.planning())
        return f"{target.name} is on the list, with priority {target.priority}"


class IgnoreAlert(Call[str], frozen=True):
    """Leave an alert (by uid)."""

    uid: str

    async def run(self, night: "NightParts") -> str:
        kept = await _kept(night, self.uid)
        await night.services.alerts.inbox.decide(kept.uid, AlertState.IGNORED, kept.target)
        return f"{kept.alert.name} is left"


class LookForAlerts(Call[str], frozen=True):
    """Ask the sources that are on; a line of what came, and of what went wrong."""

    patience_s: ClassVar[float] = SLOW_S

    async def run(self, night: "NightParts") -> str:
        rule, told = night.settings.alerts.rule, []
        for source in POLLED:
            if rule(source.value) == "off":
                continue
            try:
                told.append(await night.services.alerts.look(source))
            except CrowdSkyError as error:
                told.append(str(error))
        return "; ".join(told) or "No source of alerts is on: alerts.tns and others in E"


async def _kept(night: "NightParts", uid: str) -> KeptAlert:
    for each in await night.services.alerts.inbox.all():
        if each.uid == uid:
            return each
    raise UsageError("this alert is not there any more")
