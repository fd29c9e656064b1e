"""The log file: one, rotated, capped, every line clean. The terminal is never written to."""

import copy
import logging
from datetime import UTC, datetime
from errno import EINVAL, EISDIR, ELOOP, ENXIO
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.private_files import append_private, private_folder
from crowdsky_tui.base.redaction import hide_for_file
from crowdsky_tui.base.text import clean

LOG_FILE = "crowdsky-tui.log"
LOG_BYTES = 1_000_000
OLD_LOGS = 2
LONGEST_LINE = 2000


def start_log(folder: Path | None) -> None:
    """Log to `crowdsky-tui.log` in `folder`, or nowhere (None): never to the terminal.

    Only the owner of the journal gives a folder, so that one process writes and rotates. Raises
    UsageError where the file is a link, or none that can be appended to.
    """
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    root.addHandler(_file_handler(folder) if folder else logging.NullHandler())
    root.setLevel(logging.WARNING)
    logging.getLogger("crowdsky_tui").setLevel(logging.INFO)


def _file_handler(folder: Path) -> logging.Handler:
    path = folder / LOG_FILE
    try:
        private_folder(folder)
        if path.is_symlink() or (path.exists() and not path.is_file()):
            append_private(path).close()
        handler = LogFile(path, maxBytes=LOG_BYTES, backupCount=OLD_LOGS, delay=True)
    except OSError as error:
        if error.errno in (ELOOP, EINVAL, EISDIR, ENXIO):
            what, step = f"{path} cannot be written to", "Remove it, or set storage.state_dir"
            raise UsageError(what, error.strerror or "", step) from error
        return logging.NullHandler()  # who opens the journal in this folder says what is wrong
    handler.setFormatter(CleanFormatter("%(asctime)sZ %(levelname)s %(name)s %(message)s"))
    return handler


class LogFile(RotatingFileHandler):
    """Writes a line once; the next other line says how often it came again."""

    def _open(self) -> TextIOWrapper:
        return append_private(Path(self.baseFilename))

    _last: tuple[str, int, str] | None = None
    _again = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; one that repeats the last is only counted."""
        this = (record.name, record.levelno, record.getMessage())
        if this == self._last and record.exc_info is None:
            self._again += 1
            return
        if self._again:
            record = copy.copy(record)  # other handlers are to see it as it was
            record.msg = f"(the line before: {self._again} times more) {this[2]}"
            record.args = ()
        self._last, self._again = this, 0
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Lose the line: a full disk must not print a traceback into the screen."""


class CleanFormatter(logging.Formatter):
    """Makes every line of a record clean, without secrets and places. Times are UTC."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """The moment in UTC (ISO 8601), to the second."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds")[:-6]

    def format(self, record: logging.LogRecord) -> str:
        """The record without secrets and without control characters."""
        lines = hide_for_file(super().format(record)).splitlines()
        return "\n".join(clean(line, LONGEST_LINE) for line in lines)
