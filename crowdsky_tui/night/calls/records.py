"""Calls about the records of nights."""

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from crowdsky_tui.night.calls.call import Call
from crowdsky_tui.report.trends import RATE_DAYS, Trends, trends

if TYPE_CHECKING:
    from crowdsky_tui.database.records import Records
    from crowdsky_tui.night.interfaces import NightParts

KINDS = ("scope", "focus", "weather", "clock")


class ShowTrends(Call[Trends], frozen=True):
    """The numbers of a telescope or sensor over a night, by the night's name ("": the newest)."""

    scope: str
    run_name: str = ""
    changes: ClassVar[bool] = False

    async def run(self, night: "NightParts") -> Trends:
        stream = night.records.records
        return await read_trends(stream, self.scope, self.run_name, night.clock.now())


async def read_trends(stream: "Records", scope: str, run_name: str, now: datetime) -> Trends:
    """The numbers of a telescope or sensor over a night ("": the newest). DatabaseError."""
    await stream.flush()
    nights = await stream.runs()
    names = [each.run for each in nights]
    shown = run_name or (names[-1] if names else "")
    since = next((each.first for each in nights if each.run == shown), now)
    if shown in names[-1:]:  # for the forecast
        since = min(since, now - timedelta(days=RATE_DAYS))
    read = [each async for each in stream.read(since, KINDS, source=scope)]
    return await asyncio.to_thread(trends, scope, shown, names, read, now)
