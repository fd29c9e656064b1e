"""The database keeps its promises over SQLite and over PostgreSQL."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from postgres_kit import PASSWORD, Cluster

from crowdsky_tui.base.errors import DatabaseError, DatabaseNewer, DatabaseUnavailable, ExitCode
from crowdsky_tui.database import database as databases
from crowdsky_tui.database import engine as engines
from crowdsky_tui.database.database import FILE, Database
from crowdsky_tui.database.tables import FORMS, current_record, metadata, record

pytest_plugins = ("database_kit",)

Make = Callable[[], tuple[Database, list[str]]]
WHEN = datetime(2026, 11, 28, 22, 15, 0, 250_000, tzinfo=UTC)
ROW = {"uid": "u1", "at": WHEN, "run": "20261128-1", "kind": "note", "source": "", "data": "{}"}


def add(connection: sa.Connection, **more: Any) -> None:
    connection.execute(sa.insert(record).values(**{**ROW, **more}))


def count(connection: sa.Connection) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(record)).scalar_one()


async def test_what_is_written_is_there_for_the_next_who_opens(opened_database: Make) -> None:
    first, _ = opened_database()
    await first.run(add)
    await first.close()
    second, told = opened_database()
    (row,) = await second.run(lambda c: c.execute(sa.select(record)).mappings().all())
    assert row["at"] == WHEN and row["at"].utcoffset() is not None
    assert told == []


async def test_a_naive_moment_is_refused(opened_database: Make) -> None:
    database, _ = opened_database()
    with pytest.raises(DatabaseError, match="zone"):
        await database.run(lambda c: add(c, at=WHEN.replace(tzinfo=None)))


async def test_a_work_that_raises_leaves_nothing(opened_database: Make) -> None:
    database, _ = opened_database()

    def half(connection: sa.Connection) -> None:
        add(connection)
        raise ValueError("in the middle")

    with pytest.raises(DatabaseError, match="in the middle"):
        await database.run(half)
    assert await database.run(count) == 0


def differences(connection: sa.Connection) -> list[Any]:
    """What stands between the tables that are there and `metadata`."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


async def test_a_new_database_has_the_tables_and_needs_no_step(opened_database: Make) -> None:
    database, _ = opened_database()
    assert await database.run(differences) == []
    assert await database.run(engines._form) == FORMS[-1]


async def test_the_steps_of_the_form_lead_to_the_tables(opened_database: Make) -> None:
    database, _ = opened_database()

    def from_nothing(connection: sa.Connection) -> list[Any]:
        metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE alembic_version")
        engines._upgrade(connection)
        return differences(connection)

    assert await database.run(from_nothing) == []
    assert await database.run(engines._form) == FORMS[-1]
    folder = Path(engines.__file__).with_name("migrations")
    steps = [step.revision for step in ScriptDirectory(str(folder)).walk_revisions()]
    assert tuple(reversed(steps)) == FORMS


async def test_an_older_form_is_brought_up_to_date_and_keeps_its_rows(
    opened_database: Make,
) -> None:
    database, _ = opened_database()

    def go_back(connection: sa.Connection) -> None:
        add(connection)
        of_first_form = {"record", "current_record"}
        for table in metadata.sorted_tables:
            if table.name not in of_first_form:
                table.drop(connection)
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")

    await database.run(go_back)
    await database.close()
    later, _ = opened_database()
    assert await later.run(count) == 1
    assert await later.run(differences) == []


async def test_a_newer_form_is_refused_in_one_line_and_untouched(opened_database: Make) -> None:
    database, _ = opened_database()
    await database.run(add)
    await database.run(
        lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'") and None
    )
    await database.close()
    later, _ = opened_database()
    with pytest.raises(DatabaseNewer) as caught:
        await later.run(count)
    assert "9999" in str(caught.value) and "Update crowdsky-tui" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == ExitCode.USAGE


async def test_many_who_open_an_empty_one_at_once_make_it_once(opened_database: Make) -> None:
    several = [opened_database()[0] for _ in range(4)]
    await asyncio.gather(*(each.run(partial(add, uid=f"u{n}")) for n, each in enumerate(several)))
    assert await several[0].run(count) == 4


async def test_the_loop_never_waits_for_it(opened_database: Make) -> None:
    database, _ = opened_database()
    loop = asyncio.get_running_loop()
    threads: list[bool] = []

    def work(_connection: sa.Connection) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            threads.append(True)

    await database.run(work)
    assert threads == [True] and loop.is_running()


async def test_a_wait_has_an_end(opened_database: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    database, _ = opened_database()
    await database.run(count)
    go_on = threading.Event()
    try:
        with pytest.raises(DatabaseUnavailable, match="does not answer"):
            await database._in_thread(lambda: go_on.wait(30), 0.05)
    finally:
        go_on.set()


async def test_who_waits_too_long_for_its_turn_breaks_no_others_work(
    opened_database: Make,
) -> None:
    import threading

    database, _ = opened_database()
    begun, go_on = threading.Event(), threading.Event()

    def long(connection: sa.Connection) -> None:
        begun.set()
        go_on.wait(30)
        add(connection)

    first = asyncio.create_task(database.run(long))
    await asyncio.to_thread(begun.wait, 30)
    with pytest.raises(DatabaseUnavailable, match="does not answer"):
        await database.run(lambda c: add(c, uid="u2"), 0.05)
    go_on.set()
    await first
    assert await database.run(count) == 1, "and what was given up before its turn is not done"


async def test_a_cancelled_caller_leaves_the_work_to_its_end(opened_database: Make) -> None:
    import threading

    database, _ = opened_database()
    await database.run(count)
    begun, go_on = threading.Event(), threading.Event()

    def work(connection: sa.Connection) -> None:
        begun.set()
        go_on.wait(30)
        add(connection)

    task = asyncio.create_task(database.run(work))
    await asyncio.to_thread(begun.wait, 30)
    task.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await database.run(count) == 1


# SQLite alone


async def test_a_file_that_is_no_database_is_set_aside_and_said(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this was never a database " * 400)
    told: list[str] = []
    database = Database(tmp_path, "", told.append)
    await database.run(add)
    await database.close()
    (aside,) = tmp_path.glob(f"{FILE}.damaged-*")
    assert aside.read_bytes().startswith(b"this was never")
    assert len(told) == 1 and aside.name in told[0] and "damaged" in told[0]


async def test_what_can_be_read_of_a_damaged_file_is_brought_over(tmp_path: Path) -> None:
    told: list[str] = []
    database = Database(tmp_path, "", told.append)

    def fill(connection: sa.Connection) -> None:
        rows = [{**ROW, "uid": f"u{n}", "data": f'{{"n":"{n:0500}"}}'} for n in range(2000)]
        connection.execute(sa.insert(record), rows)
        connection.execute(
            sa.insert(current_record).values(kind="k", source="s", at=WHEN, run="r", data="{}")
        )

    await database.run(fill)
    await database.close()
    path = tmp_path / FILE
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 3 * 4096] = b"\xff" * (3 * 4096)
    path.write_bytes(bytes(data))

    again = Database(tmp_path, "", told.append)
    kept = await again.run(
        lambda c: [row.data for row in c.execute(sa.select(record).order_by(record.c.data))]
    )
    await again.close()
    assert 1500 < len(kept) < 2000
    assert kept[0] == f'{{"n":"{0:0500}"}}' and kept[-1] == f'{{"n":"{1999:0500}"}}'
    assert len(told) == 1 and f"{len(kept) + 1} rows" in told[0]


async def test_a_damaged_file_in_use_by_another_copy_is_left_in_place(tmp_path: Path) -> None:
    first = Database(tmp_path, "")
    await first.run(add)
    second = Database(tmp_path, "")

    def damage(_connection: sa.Connection) -> None:
        raise sa.exc.DatabaseError("select", None, _sqlite_error())

    try:
        with pytest.raises(DatabaseError, match="Close the other copies"):
            await second.run(damage)
        assert not list(tmp_path.glob(f"{FILE}.damaged-*"))
        assert await first.run(count) == 1
    finally:
        await first.close()
        await second.close()


def _sqlite_error() -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


async def test_the_file_is_nobody_elses(tmp_path: Path) -> None:
    database = Database(tmp_path / "state", "")
    await database.run(add)
    modes = {path.stat().st_mode & 0o077 for path in (tmp_path / "state").iterdir()}
    await database.close()
    assert modes == {0}


async def test_a_link_in_the_files_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"")
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    database = Database(tmp_path, "")
    with pytest.raises(DatabaseError, match="symbolic link"):
        await database.run(add)
    await database.close()
    assert (tmp_path / "elsewhere").read_bytes() == b""


# PostgreSQL alone


async def test_a_server_that_goes_away_is_said_and_found_again(
    tmp_path: Path, postgres: Cluster
) -> None:
    database = Database(tmp_path, postgres.new_database())
    await database.run(add)
    postgres.stop()
    try:
        with pytest.raises(DatabaseUnavailable) as caught:
            await database.run(lambda c: add(c, uid="u2"))
        assert PASSWORD not in str(caught.value) and PASSWORD not in repr(caught.value.__cause__)
        assert caught.value.outage
    finally:
        postgres.start()
    await database.run(lambda c: add(c, uid="u2"))
    assert await database.run(count) == 2
    await database.close()


async def test_a_server_that_was_restarted_meanwhile_is_not_even_noticed(
    tmp_path: Path, postgres: Cluster
) -> None:
    database = Database(tmp_path, postgres.new_database())
    await database.run(add)
    postgres.stop()
    postgres.start()
    await database.run(lambda c: add(c, uid="u2"))
    assert await database.run(count) == 2
    await database.close()


async def test_a_server_that_hangs_costs_one_wait_and_no_thread(
    tmp_path: Path, postgres: Cluster
) -> None:
    database = Database(tmp_path, postgres.new_database())
    process = await database.run(lambda c: c.exec_driver_sql("SELECT pg_backend_pid()").scalar())
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    try:
        with pytest.raises(DatabaseUnavailable, match="does not answer"):
            await database.run(add, 0.5)
        async with asyncio.timeout(20):
            await database.run(lambda c: add(c, uid="u2"))
        assert await database.run(lambda c: [row.uid for row in c.execute(sa.select(record))]) == [
            "u2"
        ]
    finally:
        os.kill(process, signal.SIGCONT)
    await database.close()


async def test_a_server_where_nobody_listens_is_unavailable(tmp_path: Path) -> None:
    database = Database(tmp_path, f"postgresql+psycopg://club:{PASSWORD}@127.0.0.1:9/none")
    with pytest.raises(DatabaseUnavailable) as caught:
        await database.run(count)
    assert PASSWORD not in str(caught.value)
    await database.close()


@pytest.mark.parametrize("missing", ["sqlalchemy", "psycopg"])
def test_what_is_not_installed_is_named(tmp_path: Path, missing: str) -> None:
    code = f"""
import asyncio, sys
from pathlib import Path
sys.modules[{missing!r}] = None
from crowdsky_tui.database.database import Database
database = Database(Path({str(tmp_path)!r}), "postgresql+psycopg://u:p@127.0.0.1:9/none")
try:
    asyncio.run(database.run(lambda c: None))
except Exception as error:
    print(type(error).__name__, error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.startswith("DatabaseUnavailable"), run.stderr
    assert missing in run.stdout


def test_neither_sqlalchemy_nor_alembic_is_imported_before_the_first_use() -> None:
    code = f"import sys, {databases.__name__}, crowdsky_tui.night.night; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"sqlalchemy", "alembic", "psycopg", "mako"} & set(run.stdout.split())


async def test_alembic_is_imported_only_to_change_an_older_form(tmp_path: Path) -> None:
    code = f"""
import asyncio, sys
from pathlib import Path
from crowdsky_tui.database.database import Database
async def main():
    database = Database(Path({str(tmp_path)!r}))
    await database.run(lambda c: None)
    await database.close()
asyncio.run(main())
print("alembic" in sys.modules)
"""
    line = [sys.executable, "-c", code]
    runs = [subprocess.run(line, capture_output=True, text=True, check=True) for _ in range(2)]
    assert [run.stdout.strip() for run in runs] == ["False", "False"]
