"""Visits: what of a plan was observed, by target and scope, from planned to done or missed.

Importing this does not import SQLAlchemy.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.database.database import Database

if TYPE_CHECKING:
    import sqlalchemy as sa


class VisitState(StrEnum):
    """How far a visit is. Short: less than planned is proved. Missed: nothing, with a reason."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    SHORT = "short"
    MISSED = "missed"
    SKIPPED = "skipped"


_NEXT = {
    VisitState.PLANNED: {VisitState.RUNNING, VisitState.MISSED, VisitState.SKIPPED},
    VisitState.RUNNING: {VisitState.DONE, VisitState.SHORT, VisitState.MISSED, VisitState.SKIPPED},
    VisitState.SHORT: {VisitState.DONE},
    VisitState.MISSED: {VisitState.SHORT, VisitState.DONE},
    VisitState.SKIPPED: {VisitState.SHORT, VisitState.DONE},
}
"""Stacks may be proved after a visit was given up: then it was short or done, after all."""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A run of one target on one scope in the night of an evening's date.

    `start` is aware; `blocks` were planned, `proved` are those that the server lists. `reason` says
    why it was missed, or who skipped it. `holder` is the planner of a shared database.
    """

    uid: Annotated[str, Meta(max_length=32)]
    night: Annotated[str, Meta(max_length=10)]
    target: Annotated[str, Meta(max_length=32)]
    name: str
    scope: Annotated[str, Meta(max_length=80)]
    start: datetime
    blocks: int
    state: VisitState = VisitState.PLANNED
    proved: int = 0
    reason: str = ""
    holder: Annotated[str, Meta(max_length=32)] = ""


def moved(visit: Visit, state: VisitState, reason: str = "", proved: int | None = None) -> Visit:
    """The visit in another state. Raises ValueError for a step that there is not."""
    if state is not visit.state and state not in _NEXT.get(visit.state, set()):
        raise ValueError(f"a visit that is {visit.state} does not become {state}")
    if state is VisitState.MISSED and not reason:
        raise ValueError("a visit is missed for a reason")
    count = visit.proved if proved is None else proved
    return msgspec.structs.replace(visit, state=state, reason=reason, proved=count)


def judged(visit: Visit, proved: int) -> Visit:
    """The visit after its time, by the blocks that are proved."""
    if proved >= visit.blocks:
        return moved(visit, VisitState.DONE, "", proved)
    if proved > 0:
        return moved(visit, VisitState.SHORT, f"{proved} of {visit.blocks} blocks", proved)
    return moved(visit, VisitState.MISSED, visit.reason or "no block is proved", 0)


class Visits:
    """The visits of all nights, in the database. All methods raise DatabaseError."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def save(self, visits: Iterable[Visit]) -> None:
        """Write visits, new or changed."""
        chosen, now = tuple(visits), self._clock.now()

        def work(connection: "sa.Connection") -> None:
            from crowdsky_tui.plan import visit_rows

            visit_rows.save(connection, chosen, now)

        await self._database.run(work)

    async def replace_planned(self, night: str, visits: Iterable[Visit], holder: str = "") -> None:
        """Write these, and forget what else a planner planned of a night and never began."""
        chosen, now = tuple(visits), self._clock.now()

        def work(connection: "sa.Connection") -> None:
            from crowdsky_tui.plan import visit_rows

            kept = [each.uid for each in chosen]
            visit_rows.forget_planned(connection, night, kept, holder)
            visit_rows.save(connection, chosen, now)

        await self._database.run(work)

    async def of_night(self, night: str) -> tuple[Visit, ...]:
        """Those of one night, by time and scope."""

        def work(connection: "sa.Connection") -> tuple[Visit, ...]:
            from crowdsky_tui.plan import visit_rows

            return visit_rows.load(connection, night)

        return await self._database.run(work)

    async def of_others(self, holder: str, since: datetime) -> tuple[Visit, ...]:
        """What other planners have begun since a moment, by time and scope."""

        def work(connection: "sa.Connection") -> tuple[Visit, ...]:
            from crowdsky_tui.plan import visit_rows

            return visit_rows.begun_by_others(connection, holder, since)

        return await self._database.run(work)

    async def done(self, *, before: str) -> dict[str, int]:
        """How many visits of each target (uid) were done before a night (its evening's date)."""

        def work(connection: "sa.Connection") -> dict[str, int]:
            from crowdsky_tui.plan import visit_rows

            return visit_rows.count_done(connection, before)

        return await self._database.run(work)
