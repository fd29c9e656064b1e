"""Notices that the settings' files were changed by somebody else while the app runs."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import SettingsError

if TYPE_CHECKING:
    from crowdsky_tui.config.editor import SettingsBook
    from crowdsky_tui.config.load import Settings

MOST_NAMED = 3
Stamp = tuple[tuple[int, int] | None, ...]


class SettingsWatch:
    """`look` says what has changed on disk since the app began, once for each change."""

    def __init__(self, book: "SettingsBook") -> None:
        self._book = book
        self._began: Settings | None = None
        self._files: tuple[Path, ...] = ()
        self._stamp: Stamp = ()
        self._told: frozenset[str] = frozenset()

    async def look(self, in_force: "Settings") -> str:
        """A plain line, or nothing. What is in force already, as after a sign-in, is not told."""
        return await asyncio.to_thread(self._look, in_force)

    def _look(self, in_force: "Settings") -> str:
        if self._began is None:
            return self._begin()
        stamp = self._stamps()
        if stamp == self._stamp:
            return ""
        self._stamp = stamp
        try:
            now = self._book.read().settings
        except SettingsError as error:
            return f"The settings on disk cannot be read: {error}"
        changed = frozenset(changed_keys(self._began, now) & changed_keys(in_force, now))
        fresh, self._told = changed - self._told, changed
        if not fresh:
            return ""
        named = ", ".join(sorted(fresh)[:MOST_NAMED])
        more = f" and {len(fresh) - MOST_NAMED} more" if len(fresh) > MOST_NAMED else ""
        return f"Settings changed on disk: {named}{more}. They count from the next start (E: see)"

    def _begin(self) -> str:
        try:
            loaded = self._book.read()
        except SettingsError:
            return ""
        self._files = (loaded.path, loaded.local_path)
        self._began, self._stamp = loaded.settings, self._stamps()
        return ""

    def _stamps(self) -> Stamp:
        return tuple(_stamp_of(path) for path in self._files)


def _stamp_of(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def changed_keys(before: "Settings", now: "Settings") -> set[str]:
    """The dotted keys of what differs."""
    changed: set[str] = set()
    for name in before.__struct_fields__:
        old, new = getattr(before, name), getattr(now, name)
        if old == new:
            continue
        if isinstance(old, msgspec.Struct):
            for field in old.__struct_fields__:
                if getattr(old, field) != getattr(new, field):
                    changed.add(f"{name}.{field}")
        else:
            changed.add(name)
    return changed
