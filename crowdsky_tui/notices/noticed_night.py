"""What the notices use of a night beside what every room may."""

from typing import TYPE_CHECKING, Protocol

from crowdsky_tui.progress.running_night import RunningNight

if TYPE_CHECKING:
    from crowdsky_tui.database.records import Records
    from crowdsky_tui.notices.send import Notice


class _Alerts(Protocol):
    def take_notices(self) -> "list[Notice]": ...


class _WithAlerts(Protocol):
    @property
    def alerts(self) -> _Alerts: ...


class _NightRecords(Protocol):
    @property
    def records(self) -> "Records": ...


class NoticedNight(RunningNight, Protocol):
    """A night with its records, and the alerts that came in."""

    @property
    def services(self) -> _WithAlerts:
        """Where the alerts are."""

    @property
    def records(self) -> _NightRecords:
        """What was noted of the night."""
