"""The archive's frames in the database. Imports SQLAlchemy; for the database's thread."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa

from crowdsky_tui.archive.frame import Frame, Source
from crowdsky_tui.database.engine import insert_into
from crowdsky_tui.database.tables import archive_frame as table
from crowdsky_tui.database.tables import curve_product


def load(connection: sa.Connection, source: Source | None = None) -> tuple[Frame, ...]:
    """All frames, or those of a source, by key; what this version cannot read stays where it is."""
    wanted = sa.select(table.c.body).order_by(table.c.source, table.c.key)
    if source is not None:
        wanted = wanted.where(table.c.source == source.value)
    found = []
    for (body,) in connection.execute(wanted):
        try:
            found.append(msgspec.json.decode(body, type=Frame))
        except msgspec.MsgspecError:
            continue
    return tuple(found)


def find(connection: sa.Connection, source: Source, key: str) -> Frame | None:
    """One frame; None if nothing is known of it."""
    wanted = sa.select(table.c.body).where(table.c.source == source.value, table.c.key == key)
    body = connection.execute(wanted).scalar_one_or_none()
    try:
        return None if body is None else msgspec.json.decode(body, type=Frame)
    except msgspec.MsgspecError:
        return None


def save(connection: sa.Connection, frames: Sequence[Frame], now: datetime) -> None:
    """Write frames, new or changed: all of them or none."""
    for frame in frames:
        values = {
            "source": frame.source.value,
            "key": frame.key,
            "target": frame.target[:80],
            "changed_at": now,
            "body": msgspec.json.encode(frame).decode(),
        }
        add = insert_into(connection, table).values(values)
        index = ["source", "key"]
        connection.execute(add.on_conflict_do_update(index_elements=index, set_=values))


def forget(connection: sa.Connection, source: Source, key: str) -> None:
    """Take a frame out. No file goes."""
    here = (table.c.source == source.value) & (table.c.key == key)
    connection.execute(sa.delete(table).where(here))


def measured(connection: sa.Connection) -> frozenset[str]:
    """SHA-256 of every file that a curve is made of."""
    return frozenset(connection.execute(sa.select(curve_product.c.key)).scalars())
