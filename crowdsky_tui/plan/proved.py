"""What of the targets is proved: blocks that the server lists, before a night and in it. Pure.

What counts is what the server lists, never what was attempted.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.blocks.targets import target_key
from crowdsky_tui.plan.execution import folder_name
from crowdsky_tui.plan.target import Target
from crowdsky_tui.scheduling.messages import SLOT, Given

if TYPE_CHECKING:
    from crowdsky_tui.jobs.ledger import LedgerEntry

DAY = timedelta(days=1)


class ProvedBlock(msgspec.Struct, frozen=True):
    """One block that the server lists: the target's name as it is compared, aware moments."""

    target: str
    scope: str
    start: datetime
    end: datetime

    @property
    def slot(self) -> datetime:
        """The beginning of its quarter of an hour, in UTC."""
        start = self.start.astimezone(UTC)
        return start - (start - start.replace(minute=0, second=0, microsecond=0)) % SLOT


class ProvedBefore(msgspec.Struct, frozen=True):
    """What was proved before a night: by name when last, and of how many quarters."""

    last: Mapping[str, datetime] = {}
    blocks: Mapping[str, int] = {}


def proved_blocks(entries: "Iterable[LedgerEntry]") -> tuple[ProvedBlock, ...]:
    """The blocks of ledger entries that are confirmed."""
    orders = (each.order for each in entries)
    return tuple(
        ProvedBlock(target_key(each.target), each.scope, each.start, each.end) for each in orders
    )


def keys_of(target: Target) -> tuple[str, ...]:
    """The names of a target as they are compared, with what a telescope calls it."""
    names = target.name, *target.alt_names, folder_name(target.name)
    return tuple(dict.fromkeys(map(target_key, names)))


def newest(seen: Iterable[tuple[str, datetime]]) -> dict[str, datetime]:
    """When each name was last proved; the names in the form in which they are compared."""
    found: dict[str, datetime] = {}
    for name, at in seen:
        key = target_key(name)
        found[key] = max(found.get(key, at), at)
    return found


def proved_before(blocks: Iterable[ProvedBlock], begins: datetime) -> ProvedBefore:
    """What was proved before the night that begins at noon `begins`.

    The same quarter on several scopes counts once.
    """
    earlier = [each for each in blocks if each.start < begins]
    quarters: dict[str, set[datetime]] = defaultdict(set)
    for each in earlier:
        quarters[each.target].add(each.slot)
    return ProvedBefore(
        newest((each.target, each.end) for each in earlier),
        {name: len(slots) for name, slots in quarters.items()},
    )


def happened(
    targets: Sequence[Target],
    blocks: Iterable[ProvedBlock],
    begins: datetime,
    given: Sequence[Given],
) -> tuple[Given, ...]:
    """`given` with what else is proved of the night that begins at noon `begins`."""
    uids = {key: each.uid for each in targets for key in keys_of(each)}
    known = {(each.scope, each.start) for each in given if not each.pinned}
    more = {
        (each.scope, each.slot): Given(each.scope, each.slot, uids[each.target])
        for each in blocks
        if begins <= each.start < begins + DAY
        and each.target in uids
        and (each.scope, each.slot) not in known
    }
    return (*given, *more.values())
