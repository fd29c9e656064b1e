"""The list of targets: in the database, and as a plain text file from which it is made anew.

Importing this does not import SQLAlchemy.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.targets import matching_names
from crowdsky_tui.database.database import Database
from crowdsky_tui.plan.target import Target

if TYPE_CHECKING:
    import sqlalchemy as sa

logger = logging.getLogger(__name__)

COPY = "targets.csv"


class TargetList:
    """All methods raise DatabaseError. `tell` is given what a person should know.

    A database of one's own has its copy in `COPY` beside it. One that is shared is not mended from
    a copy: what is missing there somebody else may have removed.
    """

    def __init__(
        self, database: Database, clock: Clock, tell: Callable[[str], None] = logger.warning
    ) -> None:
        self._database = database
        self._clock = clock
        self._tell = tell
        self._copy = None if database.shared else database.folder / COPY
        self._restored = False

    async def all(self) -> tuple[Target, ...]:
        """All targets, by name."""
        now, copy = self._clock.now(), None if self._restored else self._copy

        def work(connection: "sa.Connection") -> tuple[int, tuple[Target, ...]]:
            from crowdsky_tui.plan import target_rows

            lost = target_rows.restore(connection, now, copy) if copy is not None else 0
            return lost, target_rows.load(connection)

        lost, found = await self._database.run(work)
        self._restored = True
        if lost:
            self._tell(f"{lost} targets were missing and are back, from {COPY}")
        return found

    async def save(self, targets: Iterable[Target]) -> None:
        """Write targets, new or changed."""
        await self.all()  # what was lost is not written over
        chosen, now, copy = tuple(targets), self._clock.now(), self._copy

        def work(connection: "sa.Connection") -> None:
            from crowdsky_tui.plan import target_rows

            target_rows.save(connection, chosen, now, copy)

        await self._database.run(work)

    async def remove(self, targets: Iterable[Target]) -> None:
        """Take targets off the list."""
        await self.all()
        uids, copy = [each.uid for each in targets], self._copy

        def work(connection: "sa.Connection") -> None:
            from crowdsky_tui.plan import target_rows

            target_rows.remove(connection, uids, copy)

        await self._database.run(work)


def find_named(targets: Sequence[Target], typed: str) -> Target:
    """The target that is meant by a name in any spelling, or by the beginning of its uid.

    Raises UsageError where there is none, or more than one.
    """
    by_name: dict[str, list[Target]] = {}
    for each in targets:
        for name in {each.name, *each.alt_names}:
            by_name.setdefault(name, []).append(each)
    found = {each.uid: each for name in matching_names(typed, by_name) for each in by_name[name]}
    if not found and len(typed) >= 6:
        found = {each.uid: each for each in targets if each.uid.startswith(typed)}
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        raise UsageError(f"{clean(typed, 60)} is not on the list", "", "'target list' shows it")
    several = ", ".join(f"{each.name} ({each.uid[:8]})" for each in found.values())
    raise UsageError(f"{clean(typed, 60)} may be any of these", several, "Give one's uid")
