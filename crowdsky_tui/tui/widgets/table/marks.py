"""Which rows of a list are marked: by key, so that they stay so through refreshes and filters."""

from collections.abc import Hashable, Iterable

GLYPHS = {(False, False): " ", (True, False): "▸", (False, True): "*", (True, True): "»"}
"""What stands before a row, by (the cursor is on it, it is marked)."""


class Marks:
    """The marked keys, and the range that is being drawn from an anchor."""

    def __init__(self) -> None:
        self.keys: set[Hashable] = set()
        self.anchor: Hashable | None = None
        self._before: frozenset[Hashable] = frozenset()

    def __contains__(self, key: Hashable) -> bool:
        return key in self.keys

    def toggle(self, key: Hashable) -> None:
        """Mark a row, or take its mark away."""
        self.anchor = None
        self.keys ^= {key}

    def toggle_all(self, keys: Iterable[Hashable]) -> None:
        """Mark all of these; if they are marked already, unmark them."""
        self.anchor = None
        wanted = set(keys)
        self.keys = self.keys - wanted if wanted <= self.keys else self.keys | wanted

    def begin_range(self, key: Hashable) -> None:
        """Let a range begin here, unless one is being drawn."""
        if self.anchor is None:
            self.anchor = key
            self._before = frozenset(self.keys)

    def draw_range(self, keys: Iterable[Hashable]) -> None:
        """The range has these keys now; what it had before and has no more is as it was."""
        self.keys = {*self._before, *keys}

    def end_range(self) -> None:
        """Let the next range begin anew."""
        self.anchor = None

    def clear(self) -> None:
        """Take every mark away."""
        self.keys = set()
        self.anchor = None
