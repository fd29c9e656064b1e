"""Repeating, alternating, fitting."""

import gc
import math
import time
from collections.abc import Callable, Sequence


def timed(work: Callable[[], object]) -> float:
    """Milliseconds that `work` takes, once. The collector has run before."""
    gc.collect()
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def alternately(
    runs: int, ours: Callable[[], float], floor: Callable[[], float]
) -> tuple[list[float], list[float]]:
    """Measure both in turns, so that a busy machine is busy for both. One round is for warmth."""
    ours()
    floor()
    pairs = [(ours(), floor()) for _ in range(runs)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """The k of the n^k that fits best (least squares over logarithms)."""
    points = [(math.log(n), math.log(max(v, 1e-9))) for n, v in zip(sizes, values, strict=True)]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    over = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return over / sum((x - mean_x) ** 2 for x, _ in points)
