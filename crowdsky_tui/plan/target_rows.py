"""The targets' rows and their copy in plain text. Imports SQLAlchemy; for the database's thread.

The copy is written before the transaction ends, under the database's own lock, so that a target
that is in the copy and not in the database was lost, never removed.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec
import sqlalchemy as sa

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.files import read_plain, write_whole
from crowdsky_tui.database.engine import insert_into
from crowdsky_tui.database.tables import target as table
from crowdsky_tui.plan.importers.read_list import read_list
from crowdsky_tui.plan.target import Target, new_target
from crowdsky_tui.plan.target_csv import targets_csv


def load(connection: sa.Connection) -> tuple[Target, ...]:
    """All targets by name; one that this version cannot read is left where it is."""
    found = []
    for body in connection.execute(sa.select(table.c.body).order_by(table.c.name, table.c.uid)):
        try:
            found.append(msgspec.json.decode(body[0], type=Target))
        except msgspec.MsgspecError:
            continue
    return tuple(found)


def save(
    connection: sa.Connection, targets: Iterable[Target], now: datetime, copy: Path | None
) -> None:
    """Write targets, new or changed."""
    for each in targets:
        values = {
            "uid": each.uid,
            "name": each.name,
            "ra_deg_j2000": each.ra_deg_j2000,
            "dec_deg_j2000": each.dec_deg_j2000,
            "priority": each.priority,
            "state": each.state.value,
            "changed_at": now,
            "body": msgspec.json.encode(each).decode(),
        }
        add = insert_into(connection, table).values(values)
        connection.execute(add.on_conflict_do_update(index_elements=["uid"], set_=values))
    _write_copy(connection, copy)


def remove(connection: sa.Connection, uids: Iterable[str], copy: Path | None) -> None:
    """Delete targets."""
    connection.execute(sa.delete(table).where(table.c.uid.in_(list(uids))))
    _write_copy(connection, copy)


def restore(connection: sa.Connection, now: datetime, copy: Path) -> int:
    """Bring back what is in the copy and not in the database; how many."""
    try:
        read = read_list(read_plain(copy))
    except (OSError, UsageError):
        return 0
    there = {uid for (uid,) in connection.execute(sa.select(table.c.uid))}
    lost = []
    for item in read.items:
        if item.fields.get("uid") not in there:
            try:
                lost.append(
                    new_target(item.name, item.ra_deg or 0, item.dec_deg or 0, **item.fields)
                )
            except UsageError:
                continue
    if lost:
        save(connection, lost, now, None)
    return len(lost)


def _write_copy(connection: sa.Connection, copy: Path | None) -> None:
    if copy is not None:
        write_whole(copy, targets_csv(load(connection)).encode())
