"""One list for several planners: what others have, and what this one claims before it begins.

Where the database is nobody else's, nothing is claimed and nothing is left to others.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from crowdsky_tui.blocks.targets import target_key
from crowdsky_tui.plan.claims import Claim, ClaimKind, Claims, planner_id
from crowdsky_tui.plan.execution import end_of, folder_name
from crowdsky_tui.plan.proved import ProvedBlock
from crowdsky_tui.plan.target import EVERY, Target
from crowdsky_tui.plan.visits import Visit, Visits, VisitState
from crowdsky_tui.scheduling.messages import SLOT, Skip

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

TONIGHT = timedelta(hours=18)
EARLIER = timedelta(days=400)
_BEGUN = frozenset({VisitState.RUNNING, VisitState.DONE, VisitState.SHORT})


class SharedList:
    """All methods raise DatabaseError."""

    def __init__(self, night: "NightParts") -> None:
        self._night = night

    @cached_property
    def holder(self) -> str:
        """What this planner is known by to others; "" where nobody shares the database."""
        return planner_id(self._night.settings, self._night.records.database)

    @cached_property
    def _claims(self) -> Claims:
        site = self._night.settings.site.name or "another site"
        return Claims(self._night.records.database, self.holder, site)

    def own(self, visits: Iterable[Visit]) -> list[Visit]:
        """Those of this planner, and those from before planners were told apart."""
        return [each for each in visits if each.holder in ("", self.holder)]

    async def skips(self, targets: Sequence[Target]) -> tuple[Skip, ...]:
        """What others have: targets in the slots they claimed, or done for tonight by them."""
        if not self.holder:
            return ()
        once = {each.uid: each for each in targets if each.scopes != EVERY}
        claimed = [
            Skip(each.name, each.slot)
            for each in await self._claims.others()
            if each.kind is ClaimKind.TARGET and each.name in once
        ]
        since = self._night.clock.now() - TONIGHT
        blocks: Counter[str] = Counter()
        for visit in await self._others(since):
            if visit.state in _BEGUN:
                blocks[visit.target] += visit.blocks
        done = [Skip(uid) for uid, each in once.items() if _has_enough(each, blocks[uid])]
        return (*claimed, *done)

    async def claim(
        self, scope: str, target: tuple[str, str], targets: Sequence[Target], slot: datetime
    ) -> Claim | None:
        """Claim a slot of a scope for a target (uid, name); what stands in the way, or None."""
        if not self.holder:
            return None
        clock, serial = self._night.clock, self._night.store.scopes[scope].serial or scope
        every = any(each.uid == target[0] and each.scopes == EVERY for each in targets)
        name = f"{target[0]} {serial}" if every else target[0]
        wanted = (
            Claim(ClaimKind.INSTRUMENT, serial, slot),
            Claim(ClaimKind.TARGET, name[:120], slot),
        )
        left_s = (slot + SLOT - clock.now()).total_seconds()
        return await self._claims.take(wanted, clock.real_seconds(left_s))

    async def proved_by_others(self, before: str) -> tuple[ProvedBlock, ...]:
        """What others have proved of the list in nights before one (its evening's date)."""
        if not self.holder:
            return ()
        found = await self._others(self._night.clock.now() - EARLIER)
        return tuple(
            ProvedBlock(target_key(folder_name(each.name)), each.scope, each.start, end_of(each))
            for each in found
            if each.proved and each.night < before
        )

    async def last_on(self, scope: str) -> Visit | None:
        """What another planner of the same instrument has begun on it last."""
        if not self.holder:
            return None
        found = await self._others(self._night.clock.now() - TONIGHT)
        mine = [each for each in found if each.scope == scope and each.state in _BEGUN]
        return max(mine, key=lambda each: each.start, default=None)

    async def _others(self, since: datetime) -> tuple[Visit, ...]:
        visits = Visits(self._night.records.database, self._night.clock)
        return await visits.of_others(self.holder, since)


def _has_enough(target: Target, blocks: int) -> bool:
    """Whether a target that has a measure of blocks a night has them."""
    measured = target.cadence_d is not None or target.max_visits is not None
    return measured and blocks >= target.blocks_per_visit
