"""What the user decides of a night's plan: pins, skips and pauses; and where that is kept.

Importing this does not import SQLAlchemy.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import msgspec
from msgspec import Meta

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.database.database import Database
from crowdsky_tui.scheduling.messages import Closed, Given, ScopeFacts, Skip

if TYPE_CHECKING:
    import sqlalchemy as sa

logger = logging.getLogger(__name__)

COPY = "decisions.jsonl"
PAUSED = "paused by you"


class DecisionKind(StrEnum):
    """A pin gives a block to a target, a skip takes one (or the night) from it, a pause a scope.

    The last two say how a night is observed: told step by step, or as the scope's own plan.
    """

    PIN = "pin"
    SKIP = "skip"
    PAUSE = "pause"
    DRIVE = "drive"
    HAND_OVER = "hand-over"


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One decision about the night of an evening's date (`2026-11-28`).

    `target` is a uid, empty for a pause; `scope` empty: every scope; `start` (aware) is a block's
    beginning, or when a pause began; None: the whole night.
    """

    uid: Annotated[str, Meta(max_length=32)] = msgspec.field(default_factory=lambda: uuid4().hex)
    night: Annotated[str, Meta(max_length=10)]
    kind: DecisionKind
    target: Annotated[str, Meta(max_length=32)] = ""
    scope: Annotated[str, Meta(max_length=80)] = ""
    start: datetime | None = None


class Decisions:
    """The decisions of all nights. All methods raise DatabaseError.

    A database of one's own has their copy in `COPY` beside it, from which they are made anew.
    """

    def __init__(
        self, database: Database, clock: Clock, tell: Callable[[str], None] = logger.warning
    ) -> None:
        self._database, self._clock, self._tell = database, clock, tell
        self._copy = None if database.shared else database.folder / COPY
        self._restored = False

    async def of_night(self, night: str) -> tuple[Decision, ...]:
        """Those about one night, in the order in which they were made."""
        now, copy = self._clock.now(), None if self._restored else self._copy

        def work(connection: "sa.Connection") -> tuple[int, tuple[Decision, ...]]:
            from crowdsky_tui.plan import decision_rows

            lost = decision_rows.restore(connection, now, copy) if copy is not None else 0
            return lost, decision_rows.load(connection, night)

        lost, found = await self._database.run(work)
        self._restored = True
        if lost:
            self._tell(f"{lost} decisions about plans were missing and are back, from {COPY}")
        return found

    async def add(self, decisions: Iterable[Decision]) -> None:
        """Keep decisions; one that is there already stays as it is."""
        chosen, now, copy = tuple(decisions), self._clock.now(), self._copy
        await self.of_night("")  # what was lost is not written over

        def work(connection: "sa.Connection") -> None:
            from crowdsky_tui.plan import decision_rows

            decision_rows.add(connection, chosen, now, copy)

        await self._database.run(work)

    async def remove(self, uids: Iterable[str]) -> None:
        """Take decisions back."""
        chosen, copy = tuple(uids), self._copy
        await self.of_night("")

        def work(connection: "sa.Connection") -> None:
            from crowdsky_tui.plan import decision_rows

            decision_rows.remove(connection, chosen, copy)

        await self._database.run(work)


def way_of(decisions: Sequence[Decision], scope: str, execute: str) -> str:
    """How a scope observes that night: the last that was decided, else the setting `execute`."""
    ways = (DecisionKind.DRIVE, DecisionKind.HAND_OVER)
    said = [
        each.kind.value for each in decisions if each.kind in ways and each.scope in ("", scope)
    ]
    return said[-1] if said else execute


def pins_of(decisions: Sequence[Decision]) -> tuple[Given, ...]:
    """The pins as the planner wants them; the last one of a block counts."""
    found = {
        (each.scope, each.start): Given(each.scope, each.start, each.target, pinned=True)
        for each in decisions
        if each.kind is DecisionKind.PIN and each.start is not None
    }
    return tuple(found.values())


def skips_of(decisions: Sequence[Decision]) -> tuple[Skip, ...]:
    """The skips as the planner wants them."""
    return tuple(
        Skip(each.target, each.start, each.scope)
        for each in decisions
        if each.kind is DecisionKind.SKIP
    )


def with_pauses(
    scopes: Sequence[ScopeFacts], decisions: Sequence[Decision]
) -> tuple[ScopeFacts, ...]:
    """The scopes, closed from where the user pauses them."""
    pauses = [each for each in decisions if each.kind is DecisionKind.PAUSE]
    return tuple(
        msgspec.structs.replace(
            scope,
            closed=(
                *scope.closed,
                *(Closed(PAUSED, p.start) for p in pauses if p.scope in ("", scope.name)),
            ),
        )
        for scope in scopes
    )
