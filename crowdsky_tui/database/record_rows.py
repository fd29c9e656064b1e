"""The records' rows: written, found, thinned out. Imports SQLAlchemy; for the database's thread."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from crowdsky_tui.database.engine import insert_into
from crowdsky_tui.database.record import Meta, NewRecord, Record, Run
from crowdsky_tui.database.tables import current_record, record

AROUND = 150
"""Bytes that a row takes beside its data, with its part of the indexes."""


def write(connection: sa.Connection, fresh: Sequence[NewRecord]) -> None:
    """Write records; one that is there already is not written again."""
    kept = [msgspec.structs.asdict(each) for each in fresh if each.permanent]
    for row in kept:
        del row["permanent"]
    if kept:
        add = insert_into(connection, record).on_conflict_do_nothing(index_elements=["uid"])
        connection.execute(add, kept)
    newest = {(each.kind, each.source): each for each in fresh}
    for each in newest.values():
        _make_current(connection, each)


def _make_current(connection: sa.Connection, new: NewRecord) -> None:
    values = {name: getattr(new, name) for name in ("kind", "source", "at", "run", "data")}
    add = insert_into(connection, current_record).values(values)
    changed = {name: add.excluded[name] for name in ("at", "run", "data")}
    connection.execute(
        add.on_conflict_do_update(
            index_elements=["kind", "source"],
            set_=changed,
            where=current_record.c.at <= add.excluded.at,
        )
    )


def latest(connection: sa.Connection, kind: str, source: str | None) -> Record | None:
    """The newest of a kind, of one source or of all."""
    found = sa.select(current_record).where(current_record.c.kind == kind)
    if source is not None:
        found = found.where(current_record.c.source == source)
    row = connection.execute(found.order_by(current_record.c.at.desc()).limit(1)).mappings().first()
    return None if row is None else _record(row, 0)


def find(connection: sa.Connection, uid: str) -> Record | None:
    """The record that was given this uid when it was inserted."""
    row = connection.execute(sa.select(record).where(record.c.uid == uid)).mappings().first()
    return None if row is None else _record(row, row["id"])


def clear(connection: sa.Connection, kind: str) -> None:
    """Have no newest of this kind any more; what was kept of it stays."""
    connection.execute(sa.delete(current_record).where(current_record.c.kind == kind))


def read(
    connection: sa.Connection,
    since: datetime | None,
    kinds: Iterable[str],
    after: int,
    limit: int,
    source: str | None = None,
) -> list[Record]:
    """The records behind number `after`, in their order, at most `limit`."""
    found = sa.select(record).where(record.c.id > after)
    if since is not None:
        found = found.where(record.c.at >= since)
    if wanted := list(kinds):
        found = found.where(record.c.kind.in_(wanted))
    if source is not None:
        found = found.where(record.c.source == source)
    rows = connection.execute(found.order_by(record.c.id).limit(limit)).mappings()
    return [_record(row, row["id"]) for row in rows]


def runs(connection: sa.Connection) -> list[Run]:
    """The nights of which there are records, oldest first."""
    columns = (record.c.run, sa.func.min(record.c.at), sa.func.max(record.c.at), sa.func.count())
    found = sa.select(*columns).group_by(record.c.run).order_by(sa.func.min(record.c.at))
    return [Run(*row) for row in connection.execute(found)]


def delete_before(connection: sa.Connection, moment: datetime) -> int:
    """Delete what happened before a moment; how many."""
    connection.execute(sa.delete(current_record).where(current_record.c.at < moment))
    return connection.execute(sa.delete(record).where(record.c.at < moment)).rowcount


def prune(connection: sa.Connection, oldest: datetime, most_bytes: int) -> int:
    """Delete what is too old, and the oldest of what is too much; how many."""
    gone = connection.execute(sa.delete(record).where(record.c.at < oldest)).rowcount
    size = sa.func.coalesce(sa.func.sum(sa.func.length(record.c.data)), 0)
    total, count = connection.execute(sa.select(size, sa.func.count()).select_from(record)).one()
    total = int(total) + AROUND * count
    if total > most_bytes:
        surplus = int(count * (1 - 0.9 * most_bytes / total))
        numbers = sa.select(record.c.id).order_by(record.c.at, record.c.id)
        doomed = record.c.id.in_(numbers.limit(surplus))
        gone += connection.execute(sa.delete(record).where(doomed)).rowcount
    return gone


def _record(row: Any, seq: int) -> Record:
    try:
        data = msgspec.json.decode(row["data"])
    except msgspec.DecodeError:
        data = None
    return Record(seq, row["at"], row["kind"], data, Meta(row["run"], row["source"]))
