"""The visits' rows. Imports SQLAlchemy; for the database's thread."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
import sqlalchemy as sa

from crowdsky_tui.database.engine import insert_into
from crowdsky_tui.database.tables import visit as table
from crowdsky_tui.plan.visits import Visit, VisitState


def save(connection: sa.Connection, visits: Iterable[Visit], now: datetime) -> None:
    """Write visits, new or changed."""
    for each in visits:
        values = {
            "uid": each.uid,
            "night": each.night,
            "target": each.target,
            "scope": each.scope,
            "state": each.state.value,
            "start": each.start,
            "changed_at": now,
            "body": msgspec.json.encode(each).decode(),
        }
        written = insert_into(connection, table).values(values)
        connection.execute(written.on_conflict_do_update(index_elements=["uid"], set_=values))


def forget_planned(connection: sa.Connection, night: str, but: Iterable[str]) -> None:
    """Remove a night's visits that were only planned, but for these."""
    kept = tuple(but)
    planned = sa.and_(table.c.night == night, table.c.state == VisitState.PLANNED.value)
    connection.execute(sa.delete(table).where(planned, table.c.uid.not_in(kept)))


def load(connection: sa.Connection, night: str) -> tuple[Visit, ...]:
    """Those of a night; one that this version cannot read is left where it is."""
    wanted = sa.select(table.c.body).where(table.c.night == night)
    found = []
    for (body,) in connection.execute(wanted.order_by(table.c.start, table.c.scope, table.c.uid)):
        try:
            found.append(msgspec.json.decode(body, type=Visit))
        except msgspec.MsgspecError:
            continue
    return tuple(found)


def count_done(connection: sa.Connection, before: str) -> dict[str, int]:
    """How many visits of each target were done in nights before one.

    One on several scopes at once counts once.
    """
    at_once = sa.func.count(sa.distinct(table.c.start))
    wanted = sa.select(table.c.target, at_once).where(
        table.c.state == VisitState.DONE.value, table.c.night < before
    )
    rows = connection.execute(wanted.group_by(table.c.target))
    return {str(target): int(count) for target, count in rows}
