"""Where an unexpected failure of the app itself is written down."""

import re
import traceback
from datetime import UTC, datetime
from pathlib import Path

from crowdsky_tui import __version__
from crowdsky_tui.base.files import read_plain
from crowdsky_tui.base.patterns import LazyPattern
from crowdsky_tui.base.private_files import append_private, private_folder
from crowdsky_tui.base.redaction import hide_for_file
from crowdsky_tui.base.text import clean

CRASH_LOG = "crash.log"
LARGEST_BYTES = 1_000_000
"""A loop that fails for a month must not fill a memory card; one older file is kept."""
_HEADING = LazyPattern(r"^[0-9-]{10} [0-9:]{8}Z crowdsky-tui ", re.MULTILINE)


def write_crash(error: BaseException, state_dir: Path) -> Path:
    """Append `error` with its traceback (no local values) to the crash log and return its path.

    Raises OSError if the log cannot be written.
    """
    path = private_folder(state_dir) / CRASH_LOG
    if path.exists() and path.lstat().st_size > LARGEST_BYTES:
        path.replace(path.with_suffix(".old.log"))
    lines = hide_for_file("".join(traceback.format_exception(error))).splitlines()
    text = "\n".join(clean(line, 500) for line in lines)
    with append_private(path) as log:
        log.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}Z crowdsky-tui {__version__}\n{text}\n\n")
    return path


def crashes_there(state_dir: Path) -> int:
    """How many failures the crash log holds; 0 without one that can be read."""
    try:
        text = read_plain(state_dir / CRASH_LOG).decode(errors="replace")
    except OSError:
        return 0
    return len(_HEADING.findall(text))


def where_written(error: BaseException, state_dir: Path) -> str:
    """Write `error` down; a sentence that says where, or why that could not be done."""
    try:
        return f"The details are in {write_crash(error, state_dir)}."
    except Exception as problem:  # noqa: BLE001 - the fault itself must be told
        return f"The details could not be written to {state_dir}: {clean(problem)}."


def crash_sentence(error: BaseException, state_dir: Path) -> str:
    """Write `error` down and say in one line what happened and where to read more."""
    what = clean(f"{type(error).__name__}: {error}", 160)
    where = where_written(error, state_dir)
    return f"crowdsky-tui stopped on a fault of its own ({what}). {where}"
