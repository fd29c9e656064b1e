"""Asks the sources of alerts through the night, tells what is up, and takes only what it may."""

import random
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.nights import night_of
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.notices.send import Notice
from crowdsky_tui.plan.alerts.alert import AlertsRead, Source
from crowdsky_tui.plan.alerts.alerts import Alerts, JudgedAlert, withdraw_targets
from crowdsky_tui.plan.alerts.gcn import read_gcn
from crowdsky_tui.plan.alerts.inbox import KeptAlert, Received
from crowdsky_tui.plan.alerts.look import POLLED, AlertLook, open_sources
from crowdsky_tui.plan.planning import NightPlanning
from crowdsky_tui.plan.proved import proved_blocks
from crowdsky_tui.plan.target import Kind
from crowdsky_tui.plan.visits import VisitState
from crowdsky_tui.site.place import set_place, zone_of
from crowdsky_tui.store.store import LogLine, Severity

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

MOST_TOLD = 5
LONGEST_PAUSE = 8
"""In times of the usual one, after failures in a row."""
GCN_AGAIN_S = 60.0


class AlertWatch:
    """Each source works for itself; one that fails is said once, and asked again."""

    def __init__(self, night: "NightParts", faults: Faults | None = None) -> None:
        self._night = night
        self._supervisor = Supervisor(faults)
        self._look = AlertLook(lambda: open_sources(night.settings))
        self._troubles: dict[str, str] = {}
        self._notices: list[Notice] = []

    def start(self) -> None:
        """Begin to ask the sources that are on."""
        rule = self._night.settings.alerts.rule
        for source in POLLED:
            if rule(source.value) != "off":
                self._supervisor.keep(f"the alerts of {source.value}", partial(self._poll, source))
        if rule("gcn") != "off":
            self._supervisor.keep("the alerts of gcn", self._listen)

    async def close(self) -> None:
        """Ask no more."""
        await self._supervisor.close()
        await self._look.close()

    def take_notices(self) -> list[Notice]:
        """What is worth a notice since the last call."""
        notices, self._notices = self._notices, []
        return notices

    @property
    def inbox(self) -> Alerts:
        """The alerts of this night's database."""
        night = self._night
        return Alerts(night.records.database, night.clock, night.settings.alerts)

    async def look(self, source: Source) -> str:
        """Ask a source now; a line that says what came. Raises CrowdSkyError."""
        read = await self._look.at(source, await self.inbox.all(), self._night.clock.now())
        return await self.receive(source, read)

    async def receive(self, source: Source, read: AlertsRead) -> str:
        """Keep what a source says, tell what is up, withdraw what is gone; a line of counts."""
        found = await self.inbox.receive(read.alerts)
        good = [each for each in await self.judge(found.new) if each.verdict.good]
        self._tell(source, good)
        await self._withdraw(found)
        settings = self._night.settings.alerts
        if settings.rule(source.value) == "interrupt" and settings.auto:
            for each in good:
                if each.kept.alert.kind is not Kind.MONITOR:
                    await self._take(each)
        return f"{source.value}: {len(found.new)} new, {len(good)} of them up tonight"

    async def judge(self, kept: Sequence[KeptAlert]) -> tuple[JudgedAlert, ...]:
        """What is said of alerts for tonight. Raises CrowdSkyError."""
        night = self._night
        entries = await night.journal.ledger(uploads=(Delivery.CONFIRMED,)) if kept else ()
        place, zone = set_place(night.settings), zone_of(night.settings)
        proved = proved_blocks(entries)
        return await self.inbox.judge(kept, self.planning(), place, proved, zone)

    def planning(self) -> NightPlanning:
        """The planning of this night."""
        night = self._night
        return NightPlanning(night.settings, night.records.database, night.science, night.clock)

    async def _poll(self, source: Source) -> None:
        failures = 0
        while True:
            every_s = self._night.settings.alerts.every * 60
            try:
                await self.look(source)
            except CrowdSkyError as error:
                failures += 1
                every_s *= min(2 ** (failures - 1), LONGEST_PAUSE)
                every_s = max(every_s, getattr(error, "retry_after", None) or 0.0)
                self._complain(source.value, str(error))
            else:
                failures = 0
                self._troubles.pop(source.value, None)
            await self._night.clock.sleep(every_s * random.uniform(0.9, 1.1))  # noqa: S311 - jitter

    async def _listen(self) -> None:
        from crowdsky_tui.services.alert_sources.gcn_stream import GcnStream

        while True:
            stream = GcnStream(
                self._night.settings.alerts, lambda text: self._complain("gcn", text)
            )
            try:
                async for topic, body in stream.messages():
                    await self._hear(topic, body)
            except CrowdSkyError as error:
                self._complain("gcn", str(error))
            await self._night.clock.sleep(GCN_AGAIN_S)

    async def _hear(self, topic: str, body: bytes) -> None:
        """One message; one that is not understood holds up no other."""
        try:
            await self.receive(Source.GCN, read_gcn(topic, body))
            self._troubles.pop("gcn", None)
        except CrowdSkyError as error:
            self._complain("gcn", str(error))

    def _tell(self, source: Source, good: Sequence[JudgedAlert]) -> None:
        rule = self._night.settings.alerts.rule(source.value)
        for each in good[:MOST_TOLD]:
            alert = each.kept.alert
            told = " ".join(filter(None, (alert.name, alert.what)))
            text = f"{told}: {each.verdict.words}"
            self._log(Severity.GOOD, f"alert of {source.value}: {text}; A in 5 takes it")
            data = {"name": alert.name, "uid": each.kept.uid, "tonight": each.verdict.words}
            self._night.records.records.insert("alert", data, source.value)
            if rule in ("propose", "interrupt"):
                title = "An alert is up now" if rule == "interrupt" else "An alert for tonight"
                self._notices.append(Notice(f"alert {each.kept.uid}", title, text))
        if len(good) > MOST_TOLD:
            more = len(good) - MOST_TOLD
            self._log(Severity.INFO, f"{more} more alerts of {source.value} are up tonight")

    async def _take(self, each: JudgedAlert) -> None:
        target = await self.inbox.take(each.kept, self.planning())
        self._log(Severity.GOOD, f"alert: {target.name} is taken, by alerts.auto")

    async def _withdraw(self, found: Received) -> None:
        if not found.withdrawn:
            return
        planning, night = self.planning(), self._night
        name = f"{night_of(night.clock.now().astimezone(zone_of(night.settings)))}"
        begun = {
            each.target
            for each in await planning.visits.of_night(name)
            if each.state is VisitState.RUNNING
        }
        for target in await withdraw_targets(found.withdrawn, planning, begun.__contains__):
            self._log(Severity.WARNING, f"alert: {target.name} was withdrawn and is not planned")

    def _complain(self, source: str, text: str) -> None:
        """Say it once, not at every look."""
        if self._troubles.get(source) != text:
            self._troubles[source] = text
            self._log(Severity.WARNING, f"alerts: {text}")

    def _log(self, severity: Severity, text: str) -> None:
        line = LogLine(self._night.clock.now(), severity, clean(text, 400))
        self._night.store.add_log(line)
