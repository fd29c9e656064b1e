"""What is known of frames, kept in the database. Importing this imports no SQLAlchemy."""

from collections.abc import Sequence
from datetime import datetime

from crowdsky_tui.archive.frame import Frame, Source
from crowdsky_tui.database.database import Database


class Frames:
    """The archive's frames. Every method raises DatabaseError where that cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, source: Source | None = None) -> tuple[Frame, ...]:
        """All that are known, or those of a source."""
        from crowdsky_tui.archive import frame_rows

        return await self._database.run(lambda db: frame_rows.load(db, source))

    async def find(self, source: Source, key: str) -> Frame | None:
        """One frame; None if nothing is known of it."""
        from crowdsky_tui.archive import frame_rows

        return await self._database.run(lambda db: frame_rows.find(db, source, key))

    async def save(self, frames: Sequence[Frame], now: datetime) -> None:
        """Write frames, new or changed: all of them or none."""
        from crowdsky_tui.archive import frame_rows

        await self._database.run(lambda db: frame_rows.save(db, frames, now))

    async def forget(self, source: Source, key: str) -> None:
        """Take a frame out. No file goes."""
        from crowdsky_tui.archive import frame_rows

        await self._database.run(lambda db: frame_rows.forget(db, source, key))

    async def measured(self) -> frozenset[str]:
        """SHA-256 of every file that a curve is made of."""
        from crowdsky_tui.archive import frame_rows

        return await self._database.run(frame_rows.measured)
