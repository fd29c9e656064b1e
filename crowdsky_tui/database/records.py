"""What happened in the night, as one stream: written in the background, dropped without harm.

Importing this does not import SQLAlchemy.
"""

import asyncio
import contextlib
import itertools
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import (
    DatabaseDamaged,
    DatabaseError,
    DatabaseNewer,
    DatabaseUnavailable,
)
from crowdsky_tui.database.database import Database
from crowdsky_tui.database.record import Latest, Meta, NewRecord, Record, Run, new_record

if TYPE_CHECKING:
    import sqlalchemy as sa

logger = logging.getLogger(__name__)

FIRST_WRITE_S, WRITE_EVERY_S = 60.0, 10.0
LONGEST_PAUSE_S = 300.0
CLOSE_PATIENCE_S = 5.0
WRITE_SOON = 500
"""From so many that wait on, nobody waits for the next round."""
AT_A_TIME = 2000
MOST_WAITING = 20_000
KEEP = timedelta(days=90)
MOST_BYTES = 50_000_000
PRUNE_EVERY_S = 3600.0


class Records:
    """`insert` never waits and never fails for the database's sake; `run` writes, until cancelled.

    `tell` is given what a person should know: that the database is away, and that it is back.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        tell: Callable[[str], None] = logger.warning,
        *,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._database = database
        self._clock = clock
        self._tell = tell
        self._most_waiting = most_waiting
        self._waiting: deque[NewRecord] = deque()
        self._current: dict[tuple[str, str], NewRecord] = {}
        self._came, self._soon = asyncio.Event(), asyncio.Event()
        self._writing = asyncio.Lock()
        self._away = False
        self._pruned_at: float | None = None
        self.dropped = 0

    def insert(
        self,
        kind: str,
        data: Any,
        source: str = "",
        *,
        at: datetime | None = None,
        permanent: bool = True,
    ) -> str:
        """Note what happened; returns the uid by which `find` finds it.

        What is not `permanent` is only the current one of its kind. Raises UsageError for what
        cannot be kept at all.
        """
        fresh = new_record(at or self._clock.now(), kind, data, source, permanent=permanent)
        self.take(fresh)
        return fresh.uid

    def take(self, fresh: NewRecord) -> None:
        """Note a record that is made already."""
        self._current[fresh.kind, fresh.source] = fresh
        self._waiting.append(fresh)
        while len(self._waiting) > self._most_waiting:
            self._waiting.popleft()
            self.dropped += 1
        self._came.set()
        if len(self._waiting) >= WRITE_SOON:
            self._soon.set()

    def current(self, kind: str, source: str = "") -> Record | None:
        """The newest that this process knows of. No I/O."""
        found = self._current.get((kind, source))
        return None if found is None else _as_record(found)

    async def latest(self, kind: str, source: str | None = None) -> Latest | None:
        """The newest of a kind, of earlier runs too, with its age. Raises DatabaseError."""
        await self.flush()

        def work(connection: "sa.Connection") -> Record | None:
            from crowdsky_tui.database import record_rows

            return record_rows.latest(connection, kind, source)

        found = await self._database.run(work)
        if found is None:
            return None
        return Latest(found, max((self._clock.now() - found.ts).total_seconds(), 0.0))

    async def find(self, uid: str) -> Record | None:
        """The record with this uid; None for one that was not kept. Raises DatabaseError."""
        await self.flush()

        def work(connection: "sa.Connection") -> Record | None:
            from crowdsky_tui.database import record_rows

            return record_rows.find(connection, uid)

        return await self._database.run(work)

    async def clear(self, kind: str) -> None:
        """Have no current one of this kind any more; what was kept stays. Raises DatabaseError."""
        await self.flush()
        for key in [key for key in self._current if key[0] == kind]:
            del self._current[key]

        def work(connection: "sa.Connection") -> None:
            from crowdsky_tui.database import record_rows

            record_rows.clear(connection, kind)

        await self._database.run(work)

    async def read(
        self,
        since: datetime | None = None,
        kinds: Iterable[str] = (),
        after: int = 0,
        source: str | None = None,
    ) -> AsyncIterator[Record]:
        """The records in their order, some at a time. Raises DatabaseError."""
        wanted = tuple(kinds)
        while True:

            def work(connection: "sa.Connection", after: int = after) -> list[Record]:
                from crowdsky_tui.database import record_rows

                return record_rows.read(connection, since, wanted, after, AT_A_TIME, source)

            found = await self._database.run(work)
            for each in found:
                yield each
            if len(found) < AT_A_TIME:
                return
            after = found[-1].seq

    async def runs(self) -> list[Run]:
        """The nights of which there are records, oldest first. Raises DatabaseError."""
        return await self._database.run(_runs)

    async def delete_before(self, moment: datetime) -> int:
        """Delete what happened before a moment; how many. Raises DatabaseError."""

        def work(connection: "sa.Connection") -> int:
            from crowdsky_tui.database import record_rows

            return record_rows.delete_before(connection, moment)

        return await self._database.run(work)

    async def run(self) -> None:
        """Write what comes in until cancelled; while the database is away, it is kept here."""
        await self._pause(FIRST_WRITE_S)
        failed_s = 0.0
        while True:
            await self._came.wait()
            try:
                await self.flush()
                await self._prune()
            except DatabaseError as error:
                failed_s = min(max(2 * failed_s, WRITE_EVERY_S), LONGEST_PAUSE_S)
                self._tell_away(error)
                await asyncio.sleep(failed_s)
            else:
                failed_s = 0.0
                self._tell_back()
                await self._pause(WRITE_EVERY_S)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._soon.wait()

    async def flush(self) -> None:
        """Write what waits now. Raises DatabaseError; then it still waits.

        What the database has, and refuses, is dropped: it would stand in the way of all others.
        """
        async with self._writing:
            while self._waiting:
                some = list(itertools.islice(self._waiting, AT_A_TIME))
                try:
                    await self._write(some)
                except (DatabaseUnavailable, DatabaseNewer, DatabaseDamaged):
                    raise
                except DatabaseError as error:
                    logger.warning("%d records were refused: %s", len(some), error)
                    self.dropped += len(some)
                over = {each.uid for each in some}
                while self._waiting and self._waiting[0].uid in over:
                    self._waiting.popleft()
            self._soon.clear()
            self._came.clear()

    async def _write(self, some: list[NewRecord]) -> None:
        def work(connection: "sa.Connection") -> None:
            from crowdsky_tui.database import record_rows

            record_rows.write(connection, some)

        await self._database.run(work)

    async def close(self) -> None:
        """Write what waits, if the database lets us."""
        try:
            async with asyncio.timeout(CLOSE_PATIENCE_S):
                await self.flush()
        except (DatabaseError, TimeoutError) as error:
            logger.warning("%d records were not written: %s", len(self._waiting), error)

    async def _prune(self) -> None:
        now = self._clock.steady()
        if self._pruned_at is not None and now - self._pruned_at < PRUNE_EVERY_S:
            return
        oldest = self._clock.now() - KEEP

        def work(connection: "sa.Connection") -> int:
            from crowdsky_tui.database import record_rows

            return record_rows.prune(connection, oldest, MOST_BYTES)

        await self._database.run(work)
        self._pruned_at = now

    def _tell_away(self, error: DatabaseError) -> None:
        if not self._away:
            self._tell(f"records of the night are kept in memory meanwhile: {error}")
        self._away = True

    def _tell_back(self) -> None:
        if self._away:
            lost = f"; {self.dropped} were too many and are gone" if self.dropped else ""
            self._tell(f"the database is back, and the records of the night are written{lost}")
        self._away, self.dropped = False, 0


def _runs(connection: "sa.Connection") -> list[Run]:
    from crowdsky_tui.database import record_rows

    return record_rows.runs(connection)


def _as_record(new: NewRecord) -> Record:
    data = msgspec.json.decode(new.data)
    return Record(0, new.at, new.kind, data, Meta(new.run, new.source))
