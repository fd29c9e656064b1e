"""What the desk looked like when it was left: one small JSON file in the state folder. No Textual.

A file that cannot be read, or is not one of ours, counts as none: the log says so, nobody else.
"""

import logging
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from crowdsky_tui.base.files import read_plain, write_whole
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.keys import BlockKey, TargetKey

logger = logging.getLogger(__name__)
NAME = "desk.json"
LARGEST = 65536
LONGEST_FILTER = 200


class PaneMemory(msgspec.Struct, frozen=True, omit_defaults=True):
    """One pane: what its list was filtered and sorted by, and the key of the cursor's row."""

    filter: str = ""
    order: str = ""
    row: tuple[str | int | None, ...] = ()


class DeskMemory(msgspec.Struct, frozen=True, omit_defaults=True):
    """The pane that keys went to, and each pane's list. The target's key names its scope.

    `looked_at` is when the user last pressed a key, by the night's clock (aware).
    """

    pane: str = ""
    panes: dict[str, PaneMemory] = {}
    looked_at: datetime | None = None


def recall(state_dir: Path) -> DeskMemory:
    """What was kept last; an empty memory if there is none that can be used."""
    path = state_dir / NAME
    try:
        kept = msgspec.json.decode(read_plain(path, LARGEST), type=DeskMemory)
    except FileNotFoundError:
        return DeskMemory()
    except (OSError, ValueError, RecursionError) as error:
        logger.warning("the desk's memory was not used: %s", clean(error))
        return DeskMemory()
    panes = {
        name: msgspec.structs.replace(pane, filter=clean(pane.filter, LONGEST_FILTER))
        for name, pane in kept.panes.items()
    }
    return msgspec.structs.replace(kept, panes=panes)


def keep(state_dir: Path, memory: DeskMemory) -> None:
    """Write it for the next start, atomically; a full disk costs the memory and no more."""
    try:
        write_whole(state_dir / NAME, msgspec.json.encode(memory))
    except OSError as error:
        logger.warning("the desk's memory was not kept: %s", clean(error))


def row_memory(key: Any) -> tuple[str | int | None, ...]:
    """A row's key as it can be kept; empty for keys that mean nothing at another start."""
    if isinstance(key, BlockKey):
        return (*key.target, key.chunk, key.exposure, key.filter)
    if isinstance(key, tuple) and all(isinstance(part, str | int | None) for part in key):
        return key
    return ()


def row_key(row: tuple[str | int | None, ...]) -> tuple[object, ...]:
    """The key of a row that was kept: a block's has five parts, and no other."""
    if len(row) == 5 and all(isinstance(part, str) for part in row):
        scope, name, chunk, exposure, filter_name = map(str, row)
        return BlockKey(TargetKey(scope, name), chunk, exposure, filter_name)
    return row
