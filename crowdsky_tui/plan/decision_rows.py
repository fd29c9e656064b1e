"""The decisions' rows and their copy in plain text. Imports SQLAlchemy; for the database's thread.

The copy is written before the transaction ends, as that of the targets (`target_rows`).
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec
import sqlalchemy as sa

from crowdsky_tui.base.files import write_whole
from crowdsky_tui.database.engine import insert_into
from crowdsky_tui.database.tables import plan_decision as table
from crowdsky_tui.plan.decisions import Decision

MOST_BYTES = 4_000_000


def load(connection: sa.Connection, night: str | None = None) -> tuple[Decision, ...]:
    """Those of a night (None: all); one that this version cannot read is left where it is."""
    wanted = sa.select(table.c.body).order_by(table.c.changed_at, table.c.uid)
    if night is not None:
        wanted = wanted.where(table.c.night == night)
    found = []
    for (body,) in connection.execute(wanted):
        try:
            found.append(msgspec.json.decode(body, type=Decision))
        except msgspec.MsgspecError:
            continue
    return tuple(found)


def add(
    connection: sa.Connection, decisions: Iterable[Decision], now: datetime, copy: Path | None
) -> None:
    """Write decisions that are not there yet."""
    for each in decisions:
        values = {
            "uid": each.uid,
            "night": each.night,
            "changed_at": now,
            "body": msgspec.json.encode(each).decode(),
        }
        connection.execute(insert_into(connection, table).values(values).on_conflict_do_nothing())
    _write_copy(connection, copy)


def remove(connection: sa.Connection, uids: Iterable[str], copy: Path | None) -> None:
    """Delete decisions."""
    connection.execute(sa.delete(table).where(table.c.uid.in_(list(uids))))
    _write_copy(connection, copy)


def restore(connection: sa.Connection, now: datetime, copy: Path) -> int:
    """Bring back what is in the copy and not in the database; how many."""
    try:
        with copy.open("rb") as file:
            lines = file.read(MOST_BYTES).splitlines()
    except OSError:
        return 0
    there = {uid for (uid,) in connection.execute(sa.select(table.c.uid))}
    lost = []
    for line in lines:
        try:
            decision = msgspec.json.decode(line, type=Decision)
        except (msgspec.MsgspecError, ValueError):
            continue
        if decision.uid not in there:
            lost.append(decision)
    add(connection, lost, now, None)
    return len(lost)


def _write_copy(connection: sa.Connection, copy: Path | None) -> None:
    if copy is not None:
        lines = (msgspec.json.encode(each) + b"\n" for each in load(connection))
        write_whole(copy, b"".join(lines))
