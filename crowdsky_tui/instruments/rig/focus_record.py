"""What became of each focus sweep of a rig: a line of JSON at its begin, and one at its end.

The begin is on the disk before the focuser moves. A sweep that was cut off has no end, and the
position from which it began is where the next one begins.
"""

import json
import os
from datetime import datetime
from pathlib import Path

from crowdsky_tui.base.errors import CannotWrite
from crowdsky_tui.base.files import never_by_a_link
from crowdsky_tui.instruments.alpaca.answers import whole

NAME = "focus.jsonl"
TAIL_BYTES = 65_536
MOST_STEPS = 10_000_000


class FocusRecord:
    """The lines in `folder`. All of it reads and writes files: call it in a thread."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def cut_off(self) -> int | None:
        """From where the last sweep began, in steps, if it has no end; else None."""
        try:
            with self._path.open("rb") as file:
                file.seek(max(os.fstat(file.fileno()).st_size - TAIL_BYTES, 0))
                last = json.loads(file.read().decode().splitlines()[-1])
        except (OSError, ValueError, IndexError, RecursionError):
            return None
        if not isinstance(last, dict) or last.get("at") != "begin":
            return None
        return whole(last.get("from"), 0, MOST_STEPS)

    def write(self, at: str, when: datetime, **values: object) -> None:
        """Add a line, synced. Raises CannotWrite."""
        line = json.dumps({"at": at, "when": when.isoformat(timespec="seconds"), **values})
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with open(self._path, "a", encoding="utf-8", opener=never_by_a_link) as file:
                file.write(f"{line}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise CannotWrite("the focus sweep cannot be kept", error.strerror or "") from error
