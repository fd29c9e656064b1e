"""Looks for what is worth a notice, and has it sent."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crowdsky_tui.base.supervisor import Faults
from crowdsky_tui.notices.alarms import (
    STANDING,
    disk_alarms,
    dusk_alarms,
    failure_alarm,
    login_alarms,
    report_notice,
    safety_alarms,
)
from crowdsky_tui.notices.send import Notice, Notices
from crowdsky_tui.report.report import Report

if TYPE_CHECKING:
    from crowdsky_tui.notices.noticed_night import NoticedNight

DISK_EVERY_S = 600.0


class NoticeWatch:
    """Works for the automatic night. `complain(about, text)` is how it says its own troubles."""

    def __init__(
        self,
        night: "NoticedNight",
        complain: Callable[[str, str], None],
        faults: Faults | None = None,
    ) -> None:
        self._night = night
        self._notices = Notices(
            night.settings.notices,
            night.clock,
            lambda text: complain("sending notices", text),
            faults,
            night.settings.network,
        )
        self._notices.on_sent = self._note
        self._failed: set[str] = set()
        self._was_light: bool | None = None
        self._dusk: list[Notice] = []
        self._disk: list[Notice] = []
        self._disk_at: float | None = None
        self._nobody: list[Notice] = []

    async def look(self, local: datetime, *, light: bool) -> None:
        """One look, a minute; `light` says whether it is day."""
        night, notices = self._night, self._notices
        views = list(night.store.scopes.values())
        begins = self._was_light is True or (self._was_light is None and local.hour >= 16)
        if not light and begins:
            self._dusk = dusk_alarms(views)
        elif light:
            self._dusk = []
        self._was_light = light
        self._look_at_disks()
        alarms = [
            *login_alarms(views, night.store.server), *safety_alarms(night.store.conditions),
            *self._dusk, *self._disk, *self._nobody
        ]  # fmt: skip
        failed = failure_alarm(night.situations(), self._failed)
        alerts = night.services.alerts.take_notices()
        notices.tell([*alarms, *alerts, *([failed] if failed else [])])
        notices.over([notice.key for notice in alarms], STANDING)
        self._nobody = []
        notices.beat()
        notices.send_soon()

    def _note(self, notice: Notice) -> None:
        """Keep what was delivered in the records of the night."""
        if notice.key != "beat":
            data = {"title": notice.title, "text": notice.text}
            self._night.records.records.insert("notice", data)

    def nobody(self, text: str) -> None:
        """No telescope can be used."""
        self._nobody = [Notice("none telescope", "No telescope can be used", text)]

    def report_ready(self, report: Report, page: Path | None = None) -> None:
        """Tell that a night's report is written, and its page where there is one."""
        self._notices.tell([report_notice(report, page)])

    def _look_at_disks(self) -> None:
        night, now = self._night, self._night.clock.steady()
        if self._disk_at is not None and now - self._disk_at < DISK_EVERY_S:
            return
        self._disk_at = now
        self._disk = disk_alarms(
            {view.name: (view.free_gb, view.nights_left) for view in night.store.scopes.values()}
        )

    async def close(self) -> None:
        """Send what is under way; what waits is lost."""
        await self._notices.close()
