"""The bytes of a list that the user names."""

import asyncio
from pathlib import Path

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.files import read_plain
from crowdsky_tui.base.text import clean
from crowdsky_tui.plan.importers.read_list import MOST_BYTES


async def list_content(path: Path, *, pipes: bool = False) -> bytes:
    """A list's bytes, one more than `read_list` takes at most. Raises UsageError.

    Only of a plain file, unless `pipes`: whoever reads those waits for whoever writes them.
    """
    return await asyncio.to_thread(_read, path, pipes)


def _read(path: Path, pipes: bool) -> bytes:  # noqa: FBT001 - a thread's arguments have no names
    try:
        chosen = path.expanduser()
        if not pipes or chosen.is_file():
            return read_plain(chosen, MOST_BYTES + 1)
        with chosen.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{clean(path)} cannot be read", clean(why, 100)) from error
