"""The claims' rows, for the database's thread. Imports SQLAlchemy; PostgreSQL alone.

The moment is `clock_timestamp()` of the server: planners' own clocks may differ.
"""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from crowdsky_tui.database.tables import slot_claim as table
from crowdsky_tui.plan.claims import Claim, ClaimKind

KEPT_FOR = timedelta(hours=1)
_NOW = sa.func.clock_timestamp(type_=sa.DateTime(timezone=True))


def take(
    connection: sa.Connection, wanted: Sequence[Claim], holder: str, site: str, lease_s: float
) -> Claim | None:
    """Claim all or none, in one order for everybody, so that no two wait for each other."""
    connection.execute(sa.delete(table).where(table.c.until < _NOW - KEPT_FOR))
    all_of_it = connection.begin_nested()
    for each in sorted(wanted, key=lambda claim: (claim.kind, claim.name, claim.slot)):
        if not _take(connection, each, holder, site, lease_s):
            all_of_it.rollback()
            return _holder_of(connection, each)
    all_of_it.commit()
    return None


def _take(connection: sa.Connection, each: Claim, holder: str, site: str, lease_s: float) -> bool:
    until = _NOW + sa.literal(timedelta(seconds=lease_s), sa.Interval)
    values = {"holder": holder, "site": site, "until": until}
    free = sa.or_(table.c.until <= _NOW, table.c.holder == holder)
    add = insert(table).values(kind=each.kind.value, name=each.name, slot=each.slot, **values)
    written = add.on_conflict_do_update(
        index_elements=["kind", "name", "slot"], set_=values, where=free
    ).returning(table.c.holder)
    return connection.execute(written).first() is not None


def _holder_of(connection: sa.Connection, each: Claim) -> Claim:
    found = connection.execute(
        sa.select(table.c.site).where(
            table.c.kind == each.kind.value, table.c.name == each.name, table.c.slot == each.slot
        )
    ).scalar()
    return Claim(each.kind, each.name, each.slot, f"{found or 'another planner'}")


def of_others(connection: sa.Connection, holder: str) -> tuple[Claim, ...]:
    """What others have claimed, and has not run out."""
    wanted = sa.select(table.c.kind, table.c.name, table.c.slot, table.c.site).where(
        table.c.holder != holder, table.c.until > _NOW
    )
    rows = connection.execute(wanted.order_by(table.c.slot, table.c.kind, table.c.name))
    return tuple(Claim(ClaimKind(kind), name, slot, site) for kind, name, slot, site in rows)
