"""A damaged SQLite file: set aside, and what can still be read of it brought into a new one."""

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from crowdsky_tui.database.columns import UtcTime
from crowdsky_tui.database.tables import metadata


def set_aside(path: Path, now: datetime) -> Path:
    """Rename a database's files; returns the damaged one's new path, which never was there."""
    stem, number = f"{path.name}.damaged-{now:%Y%m%dT%H%M%S}", 1
    aside = path.with_name(stem)
    while aside.exists():
        number += 1
        aside = path.with_name(f"{stem}-{number}")
    for end in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(f"{path.name}{end}").rename(f"{aside}{end}")
    return aside


def salvage(damaged: Path, engine: sa.Engine) -> int:
    """Bring every row that can still be read into the new database; how many."""
    return sum(_salvaged(damaged, engine, table) for table in metadata.sorted_tables)


def _salvaged(damaged: Path, engine: sa.Engine, table: sa.Table) -> int:
    """How many rows of one table could be read; what is not whole is left."""
    names = [column.name for column in table.columns]
    times = {column.name for column in table.columns if isinstance(column.type, UtcTime)}
    rows = {row["its_place"]: row for row in _readable(damaged, table.name)}
    values = [
        tuple(row.get(name) for name in names)
        for row in rows.values()
        if all(_is_time(row.get(name)) for name in times)
    ]
    if not values:
        return 0
    columns = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" * len(names))
    insert = f'INSERT OR IGNORE INTO "{table.name}" ({columns}) VALUES ({marks})'
    with engine.begin() as connection:
        return connection.exec_driver_sql(insert, values).rowcount


def _is_time(value: object) -> bool:
    try:
        return value is None or bool(datetime.fromisoformat(str(value)))
    except ValueError:
        return False


def _readable(damaged: Path, table: str) -> Iterator[dict[str, Any]]:
    """The rows from the first on up to the damage, and from the last back to it."""
    address = f"{damaged.absolute().as_uri()}?mode=ro"
    for order in ("", " DESC"):
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(sqlite3.connect(address, uri=True)) as old,
        ):
            old.row_factory = sqlite3.Row
            for row in old.execute(
                f'SELECT rowid AS its_place, * FROM "{table}" ORDER BY rowid{order}'
            ):
                yield dict(row)
