"""The visits' rows. Imports SQLAlchemy; for the database's thread."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

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


def forget_planned(
    connection: sa.Connection, night: str, but: Iterable[str], holder: str = ""
) -> None:
    """Remove a night's visits that a planner only planned, but for these."""
    kept = set(but)
    gone = [
        each.uid
        for each in load(connection, night)
        if each.state is VisitState.PLANNED and each.holder == holder and each.uid not in kept
    ]
    connection.execute(sa.delete(table).where(table.c.uid.in_(gone)))


def load(connection: sa.Connection, night: str) -> tuple[Visit, ...]:
    """Those of a night; one that this version cannot read is left where it is."""
    return _read(connection, sa.select(table.c.body).where(table.c.night == night))


def begun_by_others(connection: sa.Connection, holder: str, since: datetime) -> tuple[Visit, ...]:
    """What other planners have begun since a moment."""
    wanted = sa.select(table.c.body).where(
        table.c.start >= since, table.c.state != VisitState.PLANNED.value
    )
    return tuple(each for each in _read(connection, wanted) if each.holder != holder)


def _read(connection: sa.Connection, wanted: "sa.Select[Any]") -> tuple[Visit, ...]:
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
