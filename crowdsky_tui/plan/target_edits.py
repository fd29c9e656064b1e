"""A target as it is typed: made of a name and a place, or changed by `field=value`."""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.plan.import_preview import preview
from crowdsky_tui.plan.importers.items import Item
from crowdsky_tui.plan.target import Target, changed
from crowdsky_tui.plan.target_csv import field_of


def fields_of(pairs: Iterable[str]) -> dict[str, Any]:
    """The values of `field=value` texts.

    Raises
    ------
    UsageError
        For a text that is no such pair, or a value that the field cannot have.
    """
    fields: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or key == "uid":
            raise UsageError(f"{clean(pair, 60)} is no field with a value", "", "priority=5")
        try:
            found = field_of(key, value)
            if isinstance(found, float) and not isfinite(found):
                raise ValueError("that is no finite number")
        except ValueError as error:
            said = f"{clean(key, 40)} cannot be {clean(value, 60)!r}"
            raise UsageError(said, clean(error, 200)) from error
        fields[key] = found
    return fields


def edited(target: Target, pairs: Iterable[str]) -> Target:
    """The target with other values. Raises UsageError as `fields_of`, and for what cannot be."""
    return changed(target, **fields_of(pairs))


def refuse_known(fresh: Target, there: Sequence[Target]) -> None:
    """Raise UsageError where the list has a new target already, or one that may be the same."""
    item = Item(1, fresh.name, fresh.ra_deg_j2000, fresh.dec_deg_j2000)
    found = preview([item], there)
    if found.near or not found.new:
        other = found.near[0].reason if found.near else "it is there already"
        raise UsageError(f"{fresh.name} was not added", other, "Give it another name")
