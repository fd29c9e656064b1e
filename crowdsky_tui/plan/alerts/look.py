"""One look at a source: what it says now, read. Streams are listened to instead.

Importing this does not import httpx.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import NotFound, UsageError
from crowdsky_tui.config.load import Settings
from crowdsky_tui.plan.alerts.aavso import newest_notice, read_aavso
from crowdsky_tui.plan.alerts.alert import AlertsRead, Source
from crowdsky_tui.plan.alerts.inbox import KeptAlert
from crowdsky_tui.plan.alerts.tns import file_name, files_wanted, read_tns_file

if TYPE_CHECKING:
    from crowdsky_tui.services.alert_sources.client import AlertSources

POLLED = (Source.AAVSO, Source.TNS, Source.ASASSN)


def open_sources(settings: Settings) -> "AlertSources":
    """The sources of the settings; nothing is asked yet."""
    from crowdsky_tui import __version__
    from crowdsky_tui.services.alert_sources.client import AlertSources

    return AlertSources(settings.alerts, settings.network, f"crowdsky-tui/{__version__}")


class AlertLook:
    """Asks one source at a time. `open_client` is called at the first question."""

    def __init__(self, open_client: "Callable[[], AlertSources]") -> None:
        self._open = open_client
        self._client: AlertSources | None = None
        self._tns_done: frozenset[str] = frozenset()

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def at(self, source: Source, kept: tuple[KeptAlert, ...], now: datetime) -> AlertsRead:
        """What a source says now; nothing where it has nothing new.

        `kept` are the alerts that are there. Raises ServerError, NotUnderstood, UsageError.
        """
        from crowdsky_tui.services.alert_sources.client import Same

        if self._client is None:
            self._client = self._open()
        try:
            if source is Source.AAVSO:
                there = AlertsRead(tuple(each.alert for each in kept))
                return read_aavso(await self._client.aavso(), newest_notice(there))
            if source is Source.TNS:
                return await self._tns(self._client, now)
            if source is Source.ASASSN:
                return await self._asassn(self._client)
        except Same:
            return AlertsRead()
        raise UsageError(f"{source.value} is not asked", "it tells by itself")

    async def _asassn(self, client: "AlertSources") -> AlertsRead:
        from crowdsky_tui.plan.alerts.asassn import read_asassn

        return await asyncio.to_thread(read_asassn, await client.asassn())

    async def _tns(self, client: "AlertSources", now: datetime) -> AlertsRead:
        """The files that were not read yet; one that is not there is passed over."""
        from crowdsky_tui.services.alert_sources.client import Same

        read = AlertsRead()
        for wanted in files_wanted(now, self._tns_done):
            try:
                body = await client.tns(file_name(wanted))
                found = await asyncio.to_thread(read_tns_file, body)
            except Same:
                found = AlertsRead()
            except NotFound:
                found = AlertsRead(passed_over={"files that are not there": 1})
            read = _joined(read, found)
            self._tns_done |= {wanted}
        return read


def _joined(one: AlertsRead, other: AlertsRead) -> AlertsRead:
    passed = dict(one.passed_over)
    for what, count in other.passed_over.items():
        passed[what] = passed.get(what, 0) + count
    return AlertsRead((*one.alerts, *other.alerts), (*one.refused, *other.refused), passed)
