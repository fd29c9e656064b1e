"""What a pane's list is sorted by: pure data and one function."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec


class Order(msgspec.Struct, frozen=True):
    """One order, as it is told; records with equal keys stay as they come."""

    name: str
    key: Callable[[Any], Any]
    descending: bool = False


def in_order(records: Iterable[Any], order: Order) -> list[Any]:
    """The records in this order; equal ones stay as they were."""
    return sorted(records, key=order.key, reverse=order.descending)
