"""The best runs for one scope, exactly but for what is used twice: dynamic programming. Child only.

From the last slot to the first, the best of the rest of the night is known; in front of it stands
one more run, or an empty slot. How often a target is used along the best rest goes along, so that
no target has more than it may: a run that would be too much takes the place of its later ones.
"""

import numpy as np

from crowdsky_tui.scheduling.constraints import stretches
from crowdsky_tui.scheduling.messages import continued
from crowdsky_tui.scheduling.problem import Numbers, Problem
from crowdsky_tui.scheduling.sky_grid import Grid
from crowdsky_tui.scheduling.view import Mask

FORBIDDEN = -1e6
Run = tuple[int, int, int]
"""Target, first slot, length."""


def best_runs(
    problem: Problem,
    worth: Grid,
    free: Mask,
    left: Numbers,
    begun: dict[int, tuple[int, int]],
    share: int = 1,
) -> list[Run]:
    """The runs of most merit on one scope.

    Parameters
    ----------
    worth, free
        Merit of the pairs, and which may be: targets × slots.
    left
        Slots that each target may still have.
    begun
        By slot, the target that has run up to it, and for how many slots.
    share
        How many scopes observe at once; continuity counts for each.
    """
    slots = problem.slots
    longest = int(min(slots, left.max(initial=0)))
    if longest <= 0 or not free.any():
        return []
    rows = np.flatnonzero(free.any(axis=1) & (left > 0))
    search = _Search(problem, worth[rows], free[rows], left[rows], rows, longest, share)
    numbers = {int(row): at for at, row in enumerate(rows)}
    goes_on = {slot: (numbers[n], ran) for slot, (n, ran) in begun.items() if n in numbers}
    return search.runs(goes_on)


class _Search:
    def __init__(
        self,
        problem: Problem,
        worth: Grid,
        free: Mask,
        left: Numbers,
        rows: Numbers,
        longest: int,
        share: int,
    ) -> None:
        self._rows, self._left, self._longest = rows, left, longest
        self._slots = free.shape[1]
        self._worth = worth
        self._lost = 1 - problem.switch_share
        self._sums = np.zeros((len(rows), self._slots + 1))
        np.cumsum(np.where(free, worth, FORBIDDEN), axis=1, out=self._sums[:, 1:])
        blocks = problem.blocks[rows].astype(float)[:, np.newaxis]
        places = np.arange(longest)
        gains = problem.continuity * share * np.maximum(0, 1 - places / blocks) * (places > 0)
        self._gains = np.cumsum(gains, axis=1)
        self._blocks, self._continuity = problem.blocks[rows], problem.continuity * share
        self._apart = problem.apart[rows]
        self._any_apart = bool(self._apart.any())
        least = np.minimum(problem.min_run[rows], left)[:, np.newaxis]
        self._least = np.minimum(least, stretches(free))
        self._lengths = np.arange(1, longest + 1)

    def runs(self, begun: dict[int, tuple[int, int]]) -> list[Run]:
        slots, count = self._slots, len(self._rows)
        best = np.zeros(slots + 1)
        used = np.zeros((slots + 1, count), int)
        worth = np.zeros((slots + 1, count))  # of what each target has in the best rest
        next_run = np.full((slots + 1, count), 10 * slots + self._apart.max(initial=0))
        chosen: list[tuple[int, int, bool] | None] = [None] * slots
        for at in reversed(range(slots)):
            most = min(self._longest, slots - at)
            there = slice(at + 1, at + most + 1)
            lengths = self._lengths[:most]
            gained = self._sums[:, there] - self._sums[:, at : at + 1] + self._gains[:, :most]
            gained -= self._lost * self._worth[:, at : at + 1]
            may = lengths <= self._left[:, np.newaxis]
            may &= lengths >= self._least[:, at : at + 1]
            if at in begun:
                self._go_on(gained, may, at, *begun[at])
            if self._any_apart:
                pause = next_run[there].T - (at + lengths)
                may &= pause >= self._apart[:, np.newaxis]
            too_much = lengths > (self._left[:, np.newaxis] - used[there].T)
            gained += best[there] - np.where(too_much, worth[there].T, 0)
            gained[~may] = FORBIDDEN
            number = int(gained.argmax())
            target, length = number // most, number % most + 1
            if gained[target, length - 1] <= best[at + 1]:
                for each in (best, used, worth, next_run):
                    each[at] = each[at + 1]
                continue
            instead = bool(too_much[target, length - 1])
            chosen[at] = target, length, instead
            best[at] = gained[target, length - 1]
            for each in (used, worth, next_run):
                each[at] = each[at + length]
            if instead:
                used[at, target] = worth[at, target] = 0
            worth[at, target] = best[at] - (best[at + length] - worth[at + length, target])
            used[at, target] += length
            next_run[at, target] = at
        return self._read(chosen)

    def _go_on(self, gained: Grid, may: Mask, at: int, target: int, ran: int) -> None:
        """A run that has begun goes on without another goto."""
        most = gained.shape[1]
        blocks = int(self._blocks[target])
        more = [continued(self._continuity, blocks, ran + place) for place in range(most)]
        gained[target] = (
            self._sums[target, at + 1 : at + most + 1] - self._sums[target, at] + np.cumsum(more)
        )
        may[target] = self._lengths[:most] <= self._left[target]

    def _read(self, chosen: list[tuple[int, int, bool] | None]) -> list[Run]:
        found, at = [], 0
        replaced: set[int] = set()
        while at < self._slots:
            pick = chosen[at]
            if pick is None:
                at += 1
                continue
            target, length, instead = pick
            if target not in replaced:
                found.append((int(self._rows[target]), at, length))
                if instead:
                    replaced.add(target)
            at += length
        return found
