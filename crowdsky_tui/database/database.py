"""The database, off the event loop. Importing this does not import SQLAlchemy: the first use does.

One thread does all the work, in order. Every wait has an end.
"""

import asyncio
import fcntl
import logging
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, TypeVar

from crowdsky_tui.base.errors import DatabaseDamaged, DatabaseError, DatabaseUnavailable
from crowdsky_tui.base.private_files import open_private, private_folder
from crowdsky_tui.base.text import clean

if TYPE_CHECKING:
    import sqlalchemy as sa

    from crowdsky_tui.config.load import Settings

T = TypeVar("T")
logger = logging.getLogger(__name__)

FILE = "database.sqlite3"
PATIENCE_S = 60.0
"""The longest wait for one piece of work: connecting, changing the form and the work itself."""
LOCK_PATIENCE_S = 10.0
CLOSE_PATIENCE_S = 5.0


class Database:
    """A connection that is made when it is first needed. `tell` is given what a person should know.

    Parameters
    ----------
    folder : Path
        Where the SQLite file lives, and the text copies of what the user wrote.
    url : str
        A PostgreSQL database; empty for the SQLite file.
    """

    def __init__(
        self, folder: Path, url: str = "", tell: Callable[[str], None] = logger.warning
    ) -> None:
        self.folder = folder
        self._path = folder / FILE
        self._url = url
        self._tell = tell
        self._notes: list[str] = []
        self._engine: sa.Engine | None = None
        self._lock: int | None = None
        self._link: socket.socket | None = None
        self._linking = threading.Lock()
        self._given_up = False
        self._turn: object = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")
        self._closed = False

    @property
    def shared(self) -> bool:
        """Whether others may write to it, too, from other machines."""
        return bool(self._url)

    @property
    def place(self) -> str:
        """Where it is: the file's path, or the server's name without any login."""
        if not self._url:
            return str(self._path)
        return f"PostgreSQL at {clean(self._url.rpartition('@')[2].partition('?')[0])}"

    async def is_there(self) -> bool:
        """Whether there is one already; a server's is taken to be. Makes and opens nothing."""
        return self.shared or await asyncio.to_thread(self._path.exists)

    async def run(self, work: "Callable[[sa.Connection], T]", patience_s: float = PATIENCE_S) -> T:
        """The result of `work`, done in one transaction in the database's thread.

        It is begun a second time where the connection was lost, so that it must do no harm twice.
        Raises DatabaseError: DatabaseUnavailable where later may help, DatabaseNewer.
        """
        return await self._in_thread(lambda: self._work(work), patience_s)

    async def close(self) -> None:
        """Let go of the connection; may be called again."""
        if self._closed:
            return
        with suppress(DatabaseError):
            await self._in_thread(self._let_go, CLOSE_PATIENCE_S)
        self._closed = True
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: Callable[[], T], patience_s: float = PATIENCE_S) -> T:
        if self._closed:
            raise DatabaseUnavailable("the database is closed")
        turn = object()

        def take_turn() -> T:
            self._turn = turn
            return work()

        submitted = self._thread.submit(take_turn)
        future = asyncio.wrap_future(submitted)
        future.add_done_callback(_seen)
        try:
            async with asyncio.timeout(patience_s):
                return await asyncio.shield(future)
        except TimeoutError as error:
            begun = not submitted.cancel()  # else others are at it for so long
            if begun and self._turn is turn:
                self._give_up()
            raise DatabaseUnavailable(
                "the database does not answer", f"for {patience_s:.0f} s"
            ) from error
        finally:
            notes, self._notes = self._notes, []
            for note in notes:
                self._tell(note)

    def _give_up(self) -> None:
        """Break the connection on which nothing comes, so that its thread is free again."""
        with self._linking:
            self._given_up = True
            if self._link is not None:
                with suppress(OSError):
                    self._link.shutdown(socket.SHUT_RDWR)

    # In the thread

    def _work(self, work: "Callable[[sa.Connection], T]") -> T:
        try:
            from crowdsky_tui.database import engine as engines
        except ModuleNotFoundError as error:
            raise DatabaseUnavailable(
                "the database cannot be used", f"{error.name} is not installed"
            ) from error
        self._given_up = False
        try:
            return self._transaction(work)
        except Exception as error:
            reason = engines.meaning(error)
            if isinstance(reason, DatabaseDamaged) and not self._url:
                self._replace(reason)
            elif self._given_up or not engines.was_lost(error):
                raise reason from error
        try:
            return self._transaction(work)
        except Exception as error:
            raise engines.meaning(error) from error

    def _transaction(self, work: "Callable[[sa.Connection], T]") -> T:
        from crowdsky_tui.database.engine import socket_of

        engine = self._engine or self._open()
        try:
            with engine.begin() as connection:
                self._link = socket_of(connection)
                return work(connection)
        finally:
            with self._linking:
                link, self._link = self._link, None
                if link is not None:
                    link.close()

    def _open(self) -> "sa.Engine":
        from crowdsky_tui.database import engine as engines

        if self._url:
            engine = engines.open_server(self._url)
        else:
            self._lock = self._lock or _locked(self.folder / "database.lock", fcntl.LOCK_SH)
            engine = engines.open_file(self._path)
        try:
            engines.bring_up_to_date(engine)
        except BaseException:
            engine.dispose()
            raise
        self._engine = engine
        return engine

    def _replace(self, reason: DatabaseDamaged) -> None:
        """Set the damaged file aside and make a new one of what can be read."""
        from crowdsky_tui.database.damage import salvage, set_aside

        self._let_go()
        try:
            self._lock = _locked(self.folder / "database.lock", fcntl.LOCK_EX)
        except DatabaseUnavailable as error:
            raise DatabaseDamaged(
                reason.what, reason.why, "Close the other copies of crowdsky-tui; then it is mended"
            ) from error
        aside = set_aside(self._path, datetime.now(UTC))
        count = salvage(aside, self._open())
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        self._notes.append(
            f"{reason.what} ({reason.why}): it is set aside as {aside.name};"
            f" {count} rows were brought into a new one"
        )

    def _let_go(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def open_database(settings: "Settings", tell: Callable[[str], None] = logger.warning) -> Database:
    """The database that the settings name; nothing is opened yet."""
    return Database(settings.state_dir, settings.database.url, tell)


def _seen(future: "asyncio.Future[T]") -> None:
    if not future.cancelled():
        future.exception()


def _locked(path: Path, how: int) -> int:
    """A lock on a file of ours: shared by those who use the database, alone for who replaces it."""
    private_folder(path.parent)
    opened = open_private(path, os.O_RDWR | os.O_CREAT)
    deadline = monotonic() + (LOCK_PATIENCE_S if how == fcntl.LOCK_SH else 0)
    while True:
        try:
            fcntl.flock(opened, how | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if monotonic() >= deadline:
                os.close(opened)
                raise DatabaseUnavailable(
                    "the database is in use", "another copy of crowdsky-tui works on its file"
                ) from error
            sleep(0.05)
        except BaseException:
            os.close(opened)
            raise
        else:
            return opened
