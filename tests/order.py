"""In which order test files are handed to the workers."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def spread(few: Sequence[T], many: Sequence[T]) -> list[T]:
    """`few` at equal distances among `many`, the first of them in front; each keeps its order."""
    step = len(many) / max(len(few), 1)
    places = [(at * step, 0, each) for at, each in enumerate(few)]
    places += [(float(at), 1, each) for at, each in enumerate(many)]
    return [each for _, _, each in sorted(places, key=lambda place: place[:2])]
