"""All tables as JSON lines, in a folder or a zip file, and back. For the database's thread.

`manifest.json` tells the form; `<table>.jsonl` has one object for each row, by column, with moments
as ISO 8601 with their offset.
"""

import io
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec
import sqlalchemy as sa

from crowdsky_tui import __version__
from crowdsky_tui.base.errors import (
    CrowdSkyError,
    DatabaseNewer,
    FileDamaged,
    FileInTheWay,
    UsageError,
)
from crowdsky_tui.base.files import whole_file
from crowdsky_tui.base.text import clean
from crowdsky_tui.database.columns import RowId, UtcTime
from crowdsky_tui.database.engine import insert_into, was_lost
from crowdsky_tui.database.tables import FORMS, metadata

FORMAT = "crowdsky-tui database"
MANIFEST = "manifest.json"
LONGEST_LINE = 1_048_576
MOST_BYTES = 4_000_000_000
MOST_REFUSED = 100
_AT_A_TIME = 500


class Manifest(msgspec.Struct, frozen=True):
    """What an export says of itself."""

    format: str
    form: str
    made_by: str = ""
    made_at: str = ""


class Imported(msgspec.Struct, frozen=True):
    """What an import did, by table: rows that were new, and those that were there already.

    `refused` names the rows that could not be taken, each with its file, its line and the reason.
    """

    added: dict[str, int]
    known: dict[str, int]
    refused: tuple[str, ...] = ()


def count_rows(connection: sa.Connection) -> dict[str, int]:
    """How many rows each table has."""
    return {
        table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
    }


def export_to(connection: sa.Connection, path: Path) -> dict[str, int]:
    """Write everything to a new folder, or to a zip file of that ending; rows by table.

    It is there whole, or not at all. Raises FileInTheWay, or CrowdSkyError if the disk refuses.
    """
    if path.exists() or path.is_symlink():
        raise FileInTheWay(f"{clean(path.name)} is there already", "", "Choose another name")
    try:
        return _export_to(connection, path)
    except OSError as error:
        raise CrowdSkyError(f"{clean(path)} cannot be written", error.strerror or "") from error


def _export_to(connection: sa.Connection, path: Path) -> dict[str, int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    work = Path(mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        counts = {
            table.name: _export_table(connection, table, work / f"{table.name}.jsonl")
            for table in metadata.sorted_tables
        }
        made_at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        manifest = Manifest(FORMAT, FORMS[-1], f"crowdsky-tui {__version__}", made_at)
        (work / MANIFEST).write_bytes(msgspec.json.encode(manifest) + b"\n")
        if path.suffix == ".zip":
            _zip(work, path)
        else:
            work.rename(path)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return counts


def _export_table(connection: sa.Connection, table: sa.Table, path: Path) -> int:
    rows = connection.execute(
        sa.select(table).order_by(*table.primary_key.columns),
        execution_options={"yield_per": _AT_A_TIME},
    )
    count = 0
    with path.open("wb") as file:
        for row in rows.mappings():
            file.write(msgspec.json.encode(dict(row)) + b"\n")
            count += 1
    return count


def _zip(folder: Path, path: Path) -> None:
    with whole_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in sorted(folder.glob("*.json*")):
            archive.write(each, each.name)


def import_from(connection: sa.Connection, path: Path, *, dry_run: bool = False) -> Imported:
    """Add what an export holds and the database does not; nothing that is there is changed.

    A row that cannot be taken never stops the others. With `dry_run` nothing is written. Raises
    FileDamaged for what is no export, DatabaseNewer, or UsageError if it cannot be read.
    """
    try:
        return _import_from(connection, path, dry_run=dry_run)
    except OSError as error:
        raise UsageError(f"{clean(path)} cannot be read", error.strerror or "") from error


def _import_from(connection: sa.Connection, path: Path, *, dry_run: bool) -> Imported:
    added: dict[str, int] = {}
    known: dict[str, int] = {}
    refused: list[str] = []
    with connection.begin_nested() as all_of_it, _members(path) as members:
        _check(members.read(MANIFEST))
        for table in metadata.sorted_tables:
            name = f"{table.name}.jsonl"
            rows = list(_rows(table, members.lines(name), name, refused))
            new = sum(
                _added(connection, table, rows[start : start + _AT_A_TIME], name, refused)
                for start in range(0, len(rows), _AT_A_TIME)
            )
            added[table.name], known[table.name] = new, len(rows) - new
        if dry_run:
            all_of_it.rollback()
    return Imported(added, known, tuple(refused))


class _Members:
    """The files of an export, by name; one that is missing is empty."""

    def __init__(self, folder: Path | None, archive: zipfile.ZipFile | None) -> None:
        self._folder, self._archive = folder, archive

    def read(self, name: str) -> bytes:
        with self._open(name) as file:
            return file.read(LONGEST_LINE)

    def lines(self, name: str) -> Iterator[bytes]:
        total = 0
        with self._open(name) as file:
            while line := file.readline(LONGEST_LINE + 1):
                total += len(line)
                if len(line) > LONGEST_LINE or total > MOST_BYTES:
                    raise FileDamaged("this is no export", f"{name} is too large")
                yield line

    def _open(self, name: str) -> Any:
        try:
            if self._archive is not None:
                return self._archive.open(name)
            return (self._folder or Path()).joinpath(name).open("rb")
        except (KeyError, FileNotFoundError):
            return io.BytesIO()


@contextmanager
def _members(path: Path) -> Iterator[_Members]:
    if path.is_dir():
        yield _Members(path, None)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            yield _Members(None, archive)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error) as error:
        raise FileDamaged("this is no export of a database", clean(error)) from error


def _check(text: bytes) -> None:
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except (ValueError, RecursionError) as error:
        raise FileDamaged(
            "this is no export of a database", f"its {MANIFEST} cannot be read"
        ) from error
    if manifest.format != FORMAT:
        raise FileDamaged("this is no export of a database", f"it is a {clean(manifest.format)}")
    if manifest.form not in FORMS:
        raise DatabaseNewer(
            "the export is from a newer crowdsky-tui",
            f"it has form {clean(manifest.form, 20)}, this version knows up to {FORMS[-1]}",
            "Update crowdsky-tui",
        )


def _rows(
    table: sa.Table, lines: Iterable[bytes], name: str, refused: list[str]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The sound rows, with their lines' numbers; without what the database numbers itself."""
    wanted = [column.name for column in table.columns if column.type is not RowId]
    for number, line in enumerate(lines, start=1):
        try:
            row = msgspec.json.decode(line, type=dict[str, Any])
            for key in row.keys() - table.columns.keys():
                raise ValueError(f"there is no column {clean(key, 40)}")
            yield number, {key: _value(table.columns[key], row.get(key)) for key in wanted}
        except (ValueError, RecursionError) as error:
            _refuse(refused, name, number, error)


def _value(column: sa.Column[Any], value: Any) -> Any:
    """A value of a column, of its type. Raises ValueError."""
    key = column.name
    if value is None:
        if not column.nullable:
            raise ValueError(f"{key} is missing")
        return None
    if isinstance(column.type, UtcTime):
        moment = datetime.fromisoformat(str(value))
        if moment.tzinfo is None:
            raise ValueError(f"{key} has no zone")
        return moment
    kind = column.type.python_type
    fits = isinstance(value, (int, float) if kind is float else kind)
    if not fits or isinstance(value, bool) is not (kind is bool):
        raise ValueError(f"{key} is no {kind.__name__}")
    if isinstance(value, str) and "\0" in value:
        raise ValueError(f"{key} holds a NUL")
    return value


def _added(
    connection: sa.Connection,
    table: sa.Table,
    rows: list[tuple[int, dict[str, Any]]],
    name: str,
    refused: list[str],
) -> int:
    """How many of these rows were new: all at once, or where that fails one by one."""
    before = _count(connection, table)
    add = insert_into(connection, table).on_conflict_do_nothing()
    try:
        with connection.begin_nested():
            connection.execute(add, [row for _, row in rows])
    except (sa.exc.StatementError, OverflowError) as error:
        _raise_if_lost(error)
        for number, row in rows:
            try:
                with connection.begin_nested():
                    connection.execute(add, row)
            except (sa.exc.StatementError, OverflowError) as reason:
                _raise_if_lost(reason)
                _refuse(refused, name, number, getattr(reason, "orig", None) or reason)
    return _count(connection, table) - before


def _raise_if_lost(error: Exception) -> None:
    if was_lost(error):
        raise error


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def _refuse(refused: list[str], name: str, number: int, error: object) -> None:
    if len(refused) < MOST_REFUSED:
        refused.append(f"{name} line {number}: {clean(' '.join(str(error).split()), 160)}")
