"""Calls about the records of nights."""

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

import msgspec

from crowdsky_tui.blocks import target_key
from crowdsky_tui.night.calls.call import Call
from crowdsky_tui.report.trends import RATE_DAYS, Trends, trends

if TYPE_CHECKING:
    from crowdsky_tui.database.records import Records
    from crowdsky_tui.night.interfaces import NightParts

KINDS = ("scope", "focus", "weather", "clock")


class ShowTrends(Call[Trends], frozen=True):
    """The numbers of a telescope or sensor over a night, by the night's name ("": the newest).

    With `target` those of its stacks alone, and only the nights that have some.
    """

    scope: str
    run_name: str = ""
    target: str = ""
    changes: ClassVar[bool] = False

    async def run(self, night: "NightParts") -> Trends:
        stream = night.records.records
        now = night.clock.now()
        if self.target:
            return await read_target(stream, self.scope, self.target, self.run_name, now)
        return await read_trends(stream, self.scope, self.run_name, now)


async def read_target(
    stream: "Records", scope: str, target: str, run_name: str, now: datetime
) -> Trends:
    """The numbers of a target's stacks over a night ("": its newest). DatabaseError."""
    await stream.flush()
    wanted = target_key(target)
    mine = [
        each
        async for each in stream.read(kinds=("focus",), source=scope)
        if isinstance(each.data, dict) and target_key(str(each.data.get("target", ""))) == wanted
    ]
    names = sorted({each.meta.run for each in mine})
    shown = run_name or (names[-1] if names else "")
    found = await asyncio.to_thread(trends, scope, shown, names, mine, now)
    measured = tuple(each for each in found.series if each.points)
    return msgspec.structs.replace(found, series=measured)


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
