"""What a list that comes in would do to the one that is there, before anything is written. Pure.

The same target is one of the same uid, of the same name near the same place, or within `SAME`; one
between `SAME` and `NEAR` may be another star, and is asked about: of 25 pairs closer than 30″ in
AAVSO's list three are different stars.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import asin, cos, degrees, radians, sin, sqrt
from typing import Any

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.blocks.targets import target_key
from crowdsky_tui.plan.importers.items import Item, ListRead, Refused
from crowdsky_tui.plan.target import Target, changed, new_target

SAME, NEAR = 5.0, 60.0
"""Seconds of arc."""
MOVED = 0.1
"""Seconds of arc below which a place has not changed: what rounding does."""
FROM_SOURCE = ("mag_bright", "mag_faint", "mag_band", "timeliness", "source_id")
"""What a list that comes in again may change: priority, state, notes and others are the user's."""


class Change(msgspec.Struct, frozen=True):
    """A target that is there, as it would be; `fields` are those that would change."""

    before: Target
    after: Target
    fields: tuple[str, ...]


class Near(msgspec.Struct, frozen=True):
    """A target that may be one that is there: only the user can tell."""

    target: Target
    other: Target
    arcsec: float
    reason: str


class Preview(msgspec.Struct, frozen=True):
    """What would happen. `same` counts what is there already, or comes twice."""

    new: tuple[Target, ...]
    changed: tuple[Change, ...]
    near: tuple[Near, ...]
    same: int
    refused: tuple[Refused, ...]
    notes: tuple[str, ...] = ()


def preview(
    items: Iterable[Item], there: Sequence[Target], refused: Sequence[Refused] = ()
) -> Preview:
    """Compare a list with the one that is there. Every item needs its place."""
    known = _Known(there)
    new: list[Target] = []
    added: set[str] = set()
    changes: dict[str, Change] = {}
    near: list[Near] = []
    wrong, notes, same = list(refused), [], 0
    for item in items:
        try:
            target = _target(item)
            found = known.like(target)
            if found is None:
                new.append(target)
            elif isinstance(found, Near):
                near.append(found)
                continue
            else:
                change = None if found.uid in added else _change(found, target, item)
                if change is None:
                    same += 1
                else:
                    changes[found.uid] = change
                continue
        except UsageError as error:
            wrong.append(Refused(item.line, item.name, error.why or error.what))
            continue
        known.add(target)
        added.add(target.uid)
        if item.note:
            notes.append(f"{target.name}: {item.note}")
    return Preview(
        tuple(new), tuple(changes.values()), tuple(near), same, tuple(wrong), tuple(notes)
    )


def _target(item: Item) -> Target:
    if item.ra_deg is None or item.dec_deg is None:
        raise UsageError("this target has no place", "no catalogue here knows its name")
    return new_target(item.name, item.ra_deg, item.dec_deg, **item.fields)


def _change(before: Target, given: Target, item: Item) -> Change | None:
    """What an item changes of the target that it is."""
    own = item.fields.get("uid") == before.uid
    fields: dict[str, Any] = {
        name: value
        for name, value in item.fields.items()
        if (own or name in FROM_SOURCE)
        and name != "uid"
        and getattr(given, name) != getattr(before, name)
    }
    if own and given.name != before.name:
        fields["name"] = given.name
    if (own or _is_its_place(before, given)) and arcsec(before, given) > MOVED:
        fields |= {"ra_deg_j2000": given.ra_deg_j2000, "dec_deg_j2000": given.dec_deg_j2000}
    if not fields:
        return None
    return Change(before, changed(before, **fields), tuple(sorted(fields)))


def _is_its_place(before: Target, given: Target) -> bool:
    """Whether a list may move a target: it came from there, and is meant by its name."""
    named = target_key(before.name) == target_key(given.name)
    return named and before.source == given.source != "manual"


class _Known:
    """Targets by uid, by name, and by place in bands of one minute of declination."""

    def __init__(self, targets: Iterable[Target]) -> None:
        self._by_uid: dict[str, Target] = {}
        self._by_name: dict[str, Target] = {}
        self._bands: dict[int, list[Target]] = {}
        for each in targets:
            self.add(each)

    def add(self, target: Target) -> None:
        self._by_uid[target.uid] = target
        for name in (target.name, *target.alt_names):
            self._by_name.setdefault(target_key(name), target)
        self._bands.setdefault(_band(target), []).append(target)

    def like(self, target: Target) -> Target | Near | None:
        """The same target, one that may be the same, or None."""
        if (found := self._by_uid.get(target.uid)) is not None:
            return found
        named = self._by_name.get(target_key(target.name))
        if named is not None:
            apart = arcsec(named, target)
            if apart <= NEAR:
                return named
            words = f"{apart / 3600:.1f}°" if apart >= 3600 else f"{apart:.0f}″"
            return Near(target, named, apart, f"the same name, {words} away")
        near = min(
            ((arcsec(each, target), each.uid, each) for each in self._around(target)), default=None
        )
        if near is None or near[0] > NEAR:
            return None
        apart, _, other = near
        return other if apart <= SAME else Near(target, other, apart, f"{apart:.0f}″ from it")

    def _around(self, target: Target) -> Iterator[Target]:
        for band in range(_band(target) - 1, _band(target) + 2):
            yield from self._bands.get(band, ())


def _band(target: Target) -> int:
    return int(target.dec_deg_j2000 * 60 // 1)


def arcsec(first: Target, second: Target) -> float:
    """How far apart two targets are on the sky, in seconds of arc."""
    return arcsec_between(
        first.ra_deg_j2000, first.dec_deg_j2000, second.ra_deg_j2000, second.dec_deg_j2000
    )


def arcsec_between(ra1: float, dec1: float, ra2: float, dec2: float) -> float:
    """How far apart two places (degrees) are, in seconds of arc, by the haversine."""
    across, up = radians(ra1 - ra2) / 2, radians(dec1 - dec2) / 2
    half = sin(up) ** 2 + cos(radians(dec1)) * cos(radians(dec2)) * sin(across) ** 2
    return 3600 * degrees(2 * asin(min(sqrt(half), 1.0)))


def preview_lines(read: ListRead, found: Preview, *, fate: str) -> Iterator[str]:
    """What a list would do, as lines; `fate` says what becomes of one that may be the same."""
    yield (
        f"{read.format}: {len(found.new)} new, {len(found.changed)} changed, {found.same} the same,"
        f" {len(found.near)} to be told apart, {len(found.refused)} refused"
    )
    for change in found.changed:
        yield f"changed: {change.before.name}: {', '.join(change.fields)}"
    for each in found.near:
        yield f"near: {each.target.name} and {each.other.name}, {each.reason}: {fate}"
    for refused in found.refused:
        yield f"refused: {refused}"
    for what, count in read.passed_over.items():
        yield f"passed over: {what} ({count})"
    for note in found.notes:
        yield f"note: {note}"
