"""What lay undecided in the review before the automatic night began: it waits for a person's word.

Undecided is a stack that nobody kept, held or rejected, and that nobody has asked to be sent. Where
no person switched it on (the agent, `automatic.enabled`), only what was fetched to this machine
counts: somebody took it to look at it. What only lies on a telescope is what such a run is for.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.files import read_plain, write_whole
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.jobs.review import Mark
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.store.store import BlockState

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

logger = logging.getLogger(__name__)
NAME = "automatic.json"
LARGEST = 16_000_000
HERE = frozenset({BlockState.FETCHED, BlockState.HELD})
LYING = HERE | {BlockState.STACKED}


class NotedStacks(msgspec.Struct, frozen=True):
    """The file's content, stack ids: what was `seen` by the automatic night, what of it `waits`."""

    seen: frozenset[str] = frozenset()
    waits: frozenset[str] = frozenset()


class Undecided:
    """Kept in one small file beside the journal, written before anything is asked for.

    A telescope that is read later, and stacks that came while the automatic night was not at work,
    are looked at when they are first read.
    """

    def __init__(self, night: "NightParts") -> None:
        self._night = night
        self._path = night.settings.state_dir / NAME
        self._memory: NotedStacks | None = None
        self._read: set[TargetKey] = set()
        self._counts = HERE

    async def load(self) -> None:
        """Read what an earlier run knew, once. A file that cannot be read counts as none."""
        if self._memory is None:
            self._memory = await asyncio.to_thread(self._recall)

    async def forget(self) -> None:
        """A person switches it on: whatever lies undecided now waits, whatever was seen before."""
        self._read.clear()
        self._counts = LYING
        await self._keep(NotedStacks())

    async def note(self) -> None:
        """Take in what lies undecided of the targets that are read for the first time.

        Raises CrowdSkyError if it cannot be written: nothing may be asked for then.
        """
        await self.load()
        known = self._memory or NotedStacks()
        every = self._night.situations()
        stacks = {seen.order.stack_id for seen in every if seen.order.name}
        fresh = [seen for seen in every if seen.order.block_key.target not in self._read]
        lying = [seen for seen in fresh if seen.block.state in self._counts and self._lies(seen)]
        found = {seen.order.stack_id for seen in lying} - known.seen
        over = {seen.order.stack_id for seen in every if seen.row is not None}
        now = NotedStacks((known.seen | stacks) - over, (known.waits | found) - over)
        if now != known:
            await self._keep(now)
        self._read.update(seen.order.block_key.target for seen in fresh)

    def _lies(self, seen: Situation) -> bool:
        """Whether this is a stack that nobody has decided about."""
        lies = bool(seen.order.name) and seen.block.state in LYING and not seen.under_way
        return lies and self._unmarked(seen)

    def lying(self) -> list[Situation]:
        """All stacks that nobody has decided about, whether they wait or not."""
        return [seen for seen in self._night.situations() if self._lies(seen)]

    def noted(self, seen: Situation) -> bool:
        """Whether it is known of this stack's target what lay undecided."""
        return seen.order.block_key.target in self._read

    def waits(self, seen: Situation) -> bool:
        """Whether the automatic night leaves it to a person, as `automatic.undecided` says."""
        if self._memory is None or self._night.settings.automatic.undecided == "send":
            return False
        return seen.order.stack_id in self._memory.waits and self._unmarked(seen)

    def _unmarked(self, seen: Situation) -> bool:
        return self._night.review.reviews.of(seen.order).mark is Mark.NONE

    def lines(self) -> list[str]:
        """What waits, one line with a count for each target of each telescope."""
        waiting = [seen for seen in self.lying() if self.waits(seen)]
        return [
            f"{scope} {target}: {count} stack{'' if count == 1 else 's'} undecided in the review;"
            " v keeps or rejects them, until then nothing sends them by itself"
            for (scope, target), count in counted(waiting).items()
        ]

    async def _keep(self, memory: NotedStacks) -> None:
        try:
            await asyncio.to_thread(write_whole, self._path, msgspec.json.encode(memory))
        except OSError as error:
            raise CrowdSkyError(
                f"{NAME} cannot be written", error.strerror or "", "Check the disk"
            ) from error
        self._memory = memory

    def _recall(self) -> NotedStacks:
        try:
            return msgspec.json.decode(read_plain(self._path, LARGEST), type=NotedStacks)
        except FileNotFoundError:
            return NotedStacks()
        except (OSError, ValueError, RecursionError) as error:
            logger.warning("%s was not used: %s", NAME, clean(error))
            return NotedStacks()


def counted(stacks: Iterable[Situation]) -> dict[tuple[str, str], int]:
    """How many of these stacks each telescope has of each target, by their clean names."""
    counts: dict[tuple[str, str], int] = {}
    for seen in stacks:
        key = (seen.order.scope, clean(seen.order.target))
        counts[key] = counts.get(key, 0) + 1
    return dict(sorted(counts.items()))
