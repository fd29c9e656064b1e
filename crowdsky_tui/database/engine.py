"""The connection to the database, its form, and what its errors mean. Imports SQLAlchemy."""

import os
import socket
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from crowdsky_tui.base.errors import (
    CrowdSkyError,
    DatabaseDamaged,
    DatabaseError,
    DatabaseNewer,
    DatabaseUnavailable,
)
from crowdsky_tui.base.private_files import open_private, private_folder, refuse_odd_database
from crowdsky_tui.database.tables import FORMS, metadata

CONNECT_S, STATEMENT_S, LOCK_S, SILENCE_S = 5, 20, 10, 15
"""The longest waits for a connection, a statement, a lock, and an acknowledgement."""
CACHE_KIB = 256
"""The memory that SQLite may use for pages; 2 MB, its own choice, fill up within ten nights."""
MIGRATING = 0x5EE57A2
"""The advisory lock of who changes a PostgreSQL database's form."""
_UPGRADE_LOCK = sa.text(f"SELECT pg_advisory_xact_lock({MIGRATING})")


def open_file(path: Path) -> sa.Engine:
    """The SQLite file at `path`, made if need be, mode 0600. Raises OSError for a link."""
    private_folder(path.parent)
    refuse_odd_database(path)
    os.close(open_private(path, os.O_RDWR | os.O_CREAT))
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        connect_args={"timeout": LOCK_S, "check_same_thread": False},
        hide_parameters=True,
        poolclass=sa.StaticPool,
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def open_server(url: str) -> sa.Engine:
    """The PostgreSQL database at `url`; no wait of its connections is without an end."""
    limits = {
        "statement_timeout": STATEMENT_S,
        "lock_timeout": LOCK_S,
        "idle_in_transaction_session_timeout": STATEMENT_S,
    }
    options = " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items())
    try:
        return sa.create_engine(
            sa.make_url(url).set(drivername="postgresql+psycopg"),
            connect_args={
                "connect_timeout": CONNECT_S,
                "tcp_user_timeout": SILENCE_S * 1000,
                "keepalives_idle": SILENCE_S,
                "keepalives_interval": CONNECT_S,
                "keepalives_count": 2,
                "application_name": "crowdsky-tui",
                "options": f"{options} -c timezone=UTC",
            },
            hide_parameters=True,
            pool_size=1,
            max_overflow=0,
        )
    except ModuleNotFoundError as error:
        raise DatabaseUnavailable(
            "PostgreSQL cannot be used",
            f"{error.name} is not installed",
            'pip install "crowdsky-tui[club]"',
        ) from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = (
        None  # SQLAlchemy begins; sqlite3 would begin late, and not for DDL
    )
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # two that read first could both never write


def bring_up_to_date(engine: sa.Engine) -> None:
    """Bring the database into the newest form. Raises DatabaseNewer, SQLAlchemyError."""
    with engine.begin() as connection:
        if _form(connection) == FORMS[-1]:
            return
        if connection.dialect.name == "postgresql":
            connection.execute(_UPGRADE_LOCK)
        form = _form(connection)
        if form == FORMS[-1]:  # another process did it meanwhile
            return
        if form is not None and form not in FORMS:
            raise DatabaseNewer(
                "the database is from a newer crowdsky-tui",
                f"it has form {form}, this version knows up to {FORMS[-1]}",
                "Update crowdsky-tui, or set another database.url or storage.state_dir",
            )
        if form is None:
            _create(connection)
        else:
            _upgrade(connection)


def _create(connection: sa.Connection) -> None:
    """Make the tables of an empty database as they are now, which is what all steps lead to."""
    metadata.create_all(connection)
    sa.Table(
        "alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True)
    ).create(connection)
    mark = sa.text("INSERT INTO alembic_version (version_num) VALUES (:form)")
    connection.execute(mark, {"form": FORMS[-1]})


def _form(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _upgrade(connection: sa.Connection) -> None:
    """Run the missing steps. Alembic is imported here alone: few starts need it."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("path_separator", "os")
    folder = str(Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def insert_into(connection: sa.Connection, table: sa.Table) -> Any:
    """An INSERT that has `on_conflict_do_nothing` and `on_conflict_do_update`."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


def socket_of(connection: sa.Connection) -> socket.socket | None:
    """A second handle of the socket to the server, by which it can be broken; None for a file."""
    if connection.dialect.name != "postgresql":
        return None
    driver: Any = connection.connection.driver_connection
    return socket.socket(fileno=os.dup(driver.fileno()))


def was_lost(error: Exception) -> bool:
    """Whether the connection had gone: once more, over a new one, may do."""
    return isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated


def meaning(error: Exception) -> CrowdSkyError:
    """What an error of SQLAlchemy, its drivers or the disk means to the user."""
    if isinstance(error, CrowdSkyError):
        return error
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig else error
    why = " ".join(str(cause).split())
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return DatabaseDamaged("the database is damaged", why)
    if code == sqlite3.SQLITE_FULL or getattr(cause, "sqlstate", None) == "53100":
        return DatabaseUnavailable("the database cannot be written", "the disk is full")
    away = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError, OSError)
    if was_lost(error) or isinstance(error, away):
        return DatabaseUnavailable("the database cannot be reached", why)
    return DatabaseError("the database refused", why)
