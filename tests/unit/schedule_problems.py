"""Made-up problems for the assignment, and the exact answer for small ones."""

from functools import cache
from itertools import product
from typing import Any

import numpy as np

from crowdsky_tui.scheduling.messages import CLOSED, EMPTY, continued
from crowdsky_tui.scheduling.problem import Problem

CONTINUITY, SWITCH = 0.1, 0.8


def problem_of(value: Any, allowed: Any = None, **more: Any) -> Problem:
    """A problem with the usual of everything that is not said."""
    value = np.asarray(value, float)
    targets, slots = value.shape
    scopes = more.pop("scopes", 1)
    if allowed is None:
        allowed = np.ones((scopes, targets, slots), bool)
    usual: dict[str, Any] = {
        "given": np.full((len(allowed), slots), EMPTY),
        "blocks": np.full(targets, 4),
        "min_run": np.ones(targets, int),
        "most": np.full(targets, slots),
        "apart": np.zeros(targets, int),
        "every": ((),) * targets,
        "fixed": np.zeros(targets, bool),
        "opportunistic": np.zeros(targets, bool),
        "partner": np.full(targets, -1),
    }
    return Problem(
        value=value, allowed=np.asarray(allowed, bool), continuity=CONTINUITY, switch_share=SWITCH,
        **(usual | {name: np.asarray(each) if name != "every" else each
                    for name, each in more.items()}),
    )  # fmt: skip


def random_problem(seed: int, targets: int, slots: int, scopes: int, **more: Any) -> Problem:
    """Values between 0.05 and 0.95, windows of the sky, and (`rich`) all that a target may want."""
    random = np.random.default_rng(seed)
    rich = more.pop("rich", False)
    allowed = np.zeros((targets, slots), bool)
    for row in allowed:
        begin, end = sorted(random.integers(0, slots + 1, 2))
        row[begin:end] = random.random(end - begin) > 0.1
    everywhere = np.repeat(allowed[np.newaxis], scopes, axis=0)
    base = random.uniform(0.05, 0.85, targets)[:, np.newaxis]
    fields: dict[str, Any] = {
        "most": random.integers(1, slots + 1, targets),
        "blocks": random.integers(1, 5, targets),
    }
    if rich:
        both = tuple(range(scopes))
        fields |= {
            "min_run": random.integers(1, 4, targets),
            "apart": random.choice([0, 0, 0, 2], targets),
            "every": tuple(both if scopes > 1 and random.random() < 0.2 else () for _ in base),
            "fixed": random.random(targets) < 0.2,
            "opportunistic": random.random(targets) < 0.2,
            "given": np.where(random.random((scopes, slots)) < 0.05, CLOSED, EMPTY),
        }
    value = base + random.uniform(0, 0.1, (targets, slots))
    return problem_of(value, everywhere, **(fields | more))


def best_total(problem: Problem) -> float:
    """The most that any plan has, by trying everything; every run at least `min_run` long."""
    targets, slots, scopes = problem.targets, problem.slots, problem.scopes
    names = (EMPTY, *range(targets))

    @cache
    def rest(slot: int, running: tuple[tuple[int, int], ...], left: tuple[int, ...]) -> float:
        if slot == slots:
            short = any(n >= 0 and ran < problem.min_run[n] for n, ran in running)
            return -np.inf if short else 0.0
        found = -np.inf
        for picks in product(names, repeat=scopes):
            real = [n for n in picks if n >= 0]
            if len(set(real)) < len(real) or any(left[n] < 1 for n in real):
                continue
            if any(n >= 0 and not problem.allowed[m, n, slot] for m, n in enumerate(picks)):
                continue
            worth, after = 0.0, []
            for (before, ran), n in zip(running, picks, strict=True):
                if n != before and before >= 0 and ran < problem.min_run[before]:
                    worth = -np.inf
                if n < 0:
                    after.append((EMPTY, 0))
                elif n == before:
                    worth += problem.value[n, slot]
                    worth += continued(problem.continuity, int(problem.blocks[n]), ran)
                    after.append((n, ran + 1))
                else:
                    worth += problem.value[n, slot] * problem.switch_share
                    after.append((n, 1))
            if worth > -np.inf:
                less = tuple(each - (n in real) for n, each in enumerate(left))
                found = max(found, worth + rest(slot + 1, tuple(after), less))
        return float(found)

    return rest(0, ((EMPTY, 0),) * scopes, tuple(int(each) for each in problem.most))
