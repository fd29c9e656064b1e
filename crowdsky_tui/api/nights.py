"""The night that a call works with: opened for it, looked over, closed."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from crowdsky_tui.api.login import present_settings
from crowdsky_tui.base.errors import NotFoundOnScope, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks import matching_names
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.config.load import Settings
from crowdsky_tui.night.night import Night

log = logging.getLogger(__name__)

HOLDER = "crowdsky-tui's Python functions"
PATIENCE_S = 1800.0
"""For a telescope that is busy, or a server that does not answer: seconds without any progress."""


@asynccontextmanager
async def night_for(
    *, owner: bool, scopes: bool = True, dest: str | Path | None = None, **stacking: Any
) -> AsyncIterator[Night]:
    """An open night with the present settings; with `owner` it holds the journal.

    Without `scopes` no telescope is connected to; `dest` is where fetched stacks go, `stacking` are
    `StackingSettings`.
    """
    settings: Settings = present_settings()
    if stacking:
        settings = msgspec.structs.replace(
            settings, stacking=msgspec.structs.replace(settings.stacking, **stacking)
        )
    if dest is not None:
        settings = _fetching_into(settings, Path(dest))
    if not scopes:
        settings = msgspec.structs.replace(settings, scopes=())
    async with Night(settings, holder=HOLDER, owner=owner) as night:
        yield night


def _fetching_into(settings: Settings, folder: Path) -> Settings:
    storage = msgspec.structs.replace(
        settings.storage, downloads=str(folder.expanduser().absolute())
    )
    return msgspec.structs.replace(settings, storage=storage)


async def look(night: Night) -> None:
    """Read the telescopes' folders. Raises the first problem if none could be read."""
    if not night.watches:
        raise UsageError("no scope is set", "the settings have no [[scopes]]", "Add one")
    problems = await night.look()
    if len(problems) == len(night.watches):
        raise next(iter(problems.values()))
    for name, problem in problems.items():
        log.warning("%s: %s", name, clean(problem))
    night.views.refresh()


def keys_of(night: Night, names: Sequence[str]) -> list[TargetKey]:
    """The (scope, target) pairs of these names, of all targets if there are none.

    NotFoundOnScope for a name that no telescope has, UsageError for one that is not clear.
    """
    known = sorted({key.name for key in night.store.targets})
    wanted = set()
    for name in names:
        found = matching_names(name, known)
        if not found:
            raise NotFoundOnScope(
                f"no scope has a target {clean(name)!r}",
                "there is no folder of sub-frames of that name",
                "Compare with the list of targets",
            )
        if len(found) > 1:
            raise UsageError(
                f"it is not clear which target {clean(name)!r} is",
                f"it could be: {[*map(clean, found)]}",
            )
        wanted.add(found[0])
    return [key for key in night.store.targets if not names or key.name in wanted]


def file_at(path: str | Path) -> Path:
    """The absolute path of a file; FileNotFoundError if there is none."""
    found = Path(path).expanduser().absolute()
    if not found.is_file():
        raise FileNotFoundError(str(found))
    return found
