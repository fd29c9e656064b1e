"""What can be taken back, newest last. No Textual."""

from collections.abc import Awaitable, Callable

import msgspec

MOST = 50


class Deed(msgspec.Struct, frozen=True):
    """Something done: what it was, and how it is taken back. `back` returns a plain line."""

    what: str
    back: Callable[[], Awaitable[str]]


class UndoStack:
    """The last deeds of the user that the world allows to take back."""

    def __init__(self) -> None:
        self._deeds: list[Deed] = []

    def add(self, what: str, back: Callable[[], Awaitable[str]]) -> None:
        """Note how what was done is taken back; the oldest go when there are too many."""
        self._deeds = [*self._deeds, Deed(what, back)][-MOST:]

    def pop(self) -> Deed | None:
        """Take out the newest; None where there is none."""
        return self._deeds.pop() if self._deeds else None

    @property
    def newest(self) -> str:
        """What the next undo takes back; empty if there is nothing."""
        return self._deeds[-1].what if self._deeds else ""
