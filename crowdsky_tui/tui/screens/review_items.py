"""The stacks of the review: which of them are shown, and what the keys said of them."""

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from crowdsky_tui.jobs.review import Mark
from crowdsky_tui.review.grades import Grade
from crowdsky_tui.store.store import BlockState

if TYPE_CHECKING:
    from crowdsky_tui.blocks.keys import BlockKey, TargetKey
    from crowdsky_tui.review.stack_review import ReviewItem

Word = tuple[str, Mark, Mark]
"""A stack, its mark before a key, and what the key said."""


class MarkHistory:
    """What each key said of which stacks, noted as the keys come, written down yet or not."""

    def __init__(self) -> None:
        self._keys: list[list[Word]] = []

    def mark_of(self, item: "ReviewItem") -> Mark:
        """The mark of a stack after all keys so far."""
        said = [after for key in self._keys for of, _, after in key if of == item.stack_id]
        return said[-1] if said else item.mark

    def note(self, items: Iterable["ReviewItem"], mark: Mark) -> list[Word]:
        """Note what one key says of these stacks."""
        words = [(each.stack_id, self.mark_of(each), mark) for each in items]
        self._keys.append(words)
        return words

    def pop(self) -> list[Word]:
        """Take back what the last key said; empty if there is none."""
        return self._keys.pop() if self._keys else []

    def forget(self, words: list[Word]) -> None:
        """What could not be written down was not said."""
        if words in self._keys:
            self._keys.remove(words)

    def good(self, items: Iterable["ReviewItem"]) -> list["ReviewItem"]:
        """Those that are graded good and undecided after all keys so far."""
        return [
            each
            for each in items
            if each.fetched
            and self.mark_of(each) is Mark.NONE
            and each.graded is not None
            and each.graded.grade is Grade.GOOD
        ]


def is_shown(item: "ReviewItem", start: "BlockKey | None") -> bool:
    """Undecided and rejected stacks; decided ones that are sent only if asked for."""
    return item.waiting or item.block.state is BlockState.REJECTED or item.block.key == start


def first_place(items: Sequence["ReviewItem"], start: "BlockKey | None") -> int:
    """Where the stack of the block `start` is, else the first undecided one; 0 for neither."""
    for number, each in enumerate(items):
        if each.block.key == start:
            return number
    return next((number for number, each in enumerate(items) if each.mark is Mark.NONE), 0)


def to_measure(
    everything: Iterable["ReviewItem"], shown: Iterable["ReviewItem"], unusable: Collection[str]
) -> list["ReviewItem"]:
    """What is fetched and not measured of the kinds that are shown."""
    kinds = {kind_of(each) for each in shown}
    return [
        each
        for each in everything
        if each.fetched
        and each.graded is None
        and kind_of(each) in kinds
        and each.stack_id not in unusable
    ]


def one_before(item: "ReviewItem", everything: Iterable["ReviewItem"]) -> "ReviewItem":
    """The stack before it of its kind that can be pictured; itself if there is none."""
    before = [
        each
        for each in everything
        if each.fetched
        and each.block.block_start < item.block.block_start
        and kind_of(each) == kind_of(item)
    ]
    return before[-1] if before else item


def kind_of(item: "ReviewItem") -> "tuple[TargetKey, str, str]":
    """Stacks that can be compared: of one target, exposure and filter."""
    key = item.block.key
    return key.target, key.exposure, key.filter
