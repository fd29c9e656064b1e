"""Pixels that were full. Child only."""

from typing import Any

import numpy as np

THRESHOLD = 0.9
"""Share of the largest value from which on a pixel no longer counts light evenly."""


def mask_saturated(
    data: Any, level: float | None = None, *, threshold: float = THRESHOLD, bits: int | None = None
) -> np.ma.MaskedArray[Any, Any]:
    """The data with every value above `level` hidden.

    Parameters
    ----------
    data
        Pixels in ADU, of any shape.
    level
        In ADU; without it `threshold` times the largest value: 2**bits - 1, or what the integers
        of `data` can hold.
    bits
        Of the camera's converter.

    Raises
    ------
    ValueError
        If nothing tells the largest value: other than integers, and neither `level` nor `bits`.

    """
    values = np.asarray(data)
    if level is None:
        level = threshold * _largest(values.dtype, bits)
    return np.ma.masked_greater(values, level)


def _largest(kind: np.dtype[Any], bits: int | None) -> float:
    if bits is not None:
        if isinstance(bits, bool) or not isinstance(bits, int) or not 0 < bits <= 64:
            raise ValueError(f"{bits!r} is not a number of bits")
        return float(2**bits - 1)
    if kind.kind not in "iu":
        raise ValueError(f"pixels of type {kind} do not tell when they are full")
    return float(np.iinfo(kind).max)
