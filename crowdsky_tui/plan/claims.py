"""Who has which slot, where several planners share one list through the database.

A slot of an instrument and a target's slot are claimed before anything is begun, until the slot is
over by the database's own clock: what a planner that died or was cut off had claimed is free then.

Importing this does not import SQLAlchemy.
"""

import hashlib
import socket
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.database.database import Database

if TYPE_CHECKING:
    import sqlalchemy as sa

    from crowdsky_tui.config.load import Settings

SHORTEST_S = 1.0


class ClaimKind(StrEnum):
    """What is claimed."""

    INSTRUMENT = "instrument"
    TARGET = "target"


class Claim(msgspec.Struct, frozen=True):
    """A slot (by its beginning, aware) of an instrument or a target. `site` is for people."""

    kind: ClaimKind
    name: str
    slot: datetime
    site: str = ""


def planner_id(settings: "Settings", database: Database) -> str:
    """What a planner is known by in a shared database; "" where nobody shares it.

    The same after a restart, another one for another machine or another journal.
    """
    if not database.shared:
        return ""
    text = f"{socket.gethostname()}\0{settings.state_dir}"
    return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()


class Claims:
    """The claims in the database. `holder` is this planner. All methods raise DatabaseError."""

    def __init__(self, database: Database, holder: str, site: str) -> None:
        self._database, self._holder, self._site = database, holder, site[:80]

    async def take(self, wanted: Sequence[Claim], lease_s: float) -> Claim | None:
        """Claim all of these for so many seconds, or none; the first that somebody else has."""
        chosen, seconds = tuple(wanted), max(lease_s, SHORTEST_S)

        def work(connection: "sa.Connection") -> Claim | None:
            from crowdsky_tui.plan import claim_rows

            return claim_rows.take(connection, chosen, self._holder, self._site, seconds)

        return await self._database.run(work)

    async def others(self) -> tuple[Claim, ...]:
        """What other planners have claimed now."""

        def work(connection: "sa.Connection") -> tuple[Claim, ...]:
            from crowdsky_tui.plan import claim_rows

            return claim_rows.of_others(connection, self._holder)

        return await self._database.run(work)
