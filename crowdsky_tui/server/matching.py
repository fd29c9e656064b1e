"""Which rows of the server's list prove which of our stacks. Pure: no I/O, no clock.

A chunk key names neither filter, exposure nor telescope, so it alone proves nothing.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from crowdsky_tui.blocks import parse_chunk_key
from crowdsky_tui.server.rows import EXPOSURE_TOLERANCE_S, ServerStack

LARGEST_GAP = timedelta(seconds=120)
_UNIT = re.compile(r".+_(?P<serial>[0-9A-Za-z]{4,})")  # model, serial: "S30 Pro_10d57b1d"
_ROUNDING = 1e-9


class StackIdentity(msgspec.Struct, frozen=True):
    """What tells one of our stacks from every other.

    `telescope` is the header's TELESCOP ("S50_a3497936"), "" if unknown; `chunk` is `YYYYMMDD.CC`
    (from the server's receipt if there is one); `pixel` None if unknown; `exposure_s` seconds of
    one sub-frame; `start` and `end` the aware span of its sub-frames, None if unknown.
    """

    telescope: str
    chunk: str
    pixel: int | None
    filter: str
    exposure_s: float
    start: datetime | None = None
    end: datetime | None = None


def same_unit(ours: str, theirs: str) -> bool | None:
    """Whether both name the same telescope; None where one does not name any."""
    our_unit, their_unit = _UNIT.fullmatch(ours.strip()), _UNIT.fullmatch(theirs.strip())
    if not (our_unit and their_unit):
        return None
    return our_unit["serial"].casefold() == their_unit["serial"].casefold()


def _spans_meet(wanted: StackIdentity, row: ServerStack) -> bool:
    if not (wanted.start and wanted.end and row.date_obs_start and row.date_obs_end):
        return True
    ours = sorted((wanted.start, wanted.end))
    theirs = sorted((row.date_obs_start, row.date_obs_end))
    return max(ours[0], theirs[0]) - min(ours[1], theirs[1]) <= LARGEST_GAP


def _may_prove(wanted: StackIdentity, row: ServerStack, pixel: int | None) -> bool:
    """Whether a row of the same slot, with this pixel, agrees in everything that is known."""
    exposure = row.sub_exposure_s
    return (
        (wanted.pixel is None or pixel is None or wanted.pixel == pixel)
        and wanted.filter.strip() == row.filter_name.strip()
        and (
            exposure is None
            or abs(exposure - wanted.exposure_s) <= EXPOSURE_TOLERANCE_S + _ROUNDING
        )
        and same_unit(wanted.telescope, row.telescope_id) is not False
        and _spans_meet(wanted, row)
    )


def _rows_by_chunk(
    wanted: Sequence[StackIdentity], rows: Sequence[ServerStack]
) -> dict[str, list[tuple[int, int | None]]]:
    """Row numbers and pixels by slot, for the days that are wanted."""
    days = {identity.chunk[:8] for identity in wanted}
    slots: dict[str, list[tuple[int, int | None]]] = defaultdict(list)
    for number, row in enumerate(rows):
        if row.chunk_key[:8] not in days:
            continue
        key = parse_chunk_key(row.chunk_key)
        if key is not None:
            slots[key[0]].append((number, key[1]))
    return slots


def _candidates(
    wanted: Sequence[StackIdentity], rows: Sequence[ServerStack]
) -> dict[int, list[int]]:
    """For each wanted stack the rows that may prove it, its own telescope's rows first."""
    slots = _rows_by_chunk(wanted, rows)
    found: dict[int, list[int]] = {}
    for index, identity in enumerate(wanted):
        key = parse_chunk_key(identity.chunk)
        same_slot = slots.get(key[0], []) if key else []
        fits = [n for n, pixel in same_slot if _may_prove(identity, rows[n], pixel)]
        if fits:
            found[index] = sorted(
                fits, key=lambda n: not same_unit(identity.telescope, rows[n].telescope_id)
            )
    return found


def match_stacks(
    wanted: Sequence[StackIdentity], rows: Sequence[ServerStack]
) -> dict[int, ServerStack]:
    """Which of the wanted stacks the server's rows prove: index in `wanted` to its row.

    A row proves at most one stack. It must agree in slot, filter (exactly), sub-exposure (within
    0.3 s), pixel, telescope and time span (at most 120 s apart), each as far as both sides know it;
    a telescope without a serial may be any. As many stacks as possible are proved, those with their
    own telescope's row before those with an unknown one's.
    """
    candidates = _candidates(wanted, rows)
    owner: dict[int, int] = {}

    def place(index: int, tried: set[int]) -> bool:
        """Give `index` a row, moving others along if they have another choice."""
        open_rows = [number for number in candidates[index] if number not in tried]
        for number in open_rows:
            if number not in owner:
                owner[number] = index
                return True
        for number in open_rows:
            if number not in tried:
                tried.add(number)
                if place(owner[number], tried):
                    owner[number] = index
                    return True
        return False

    def named(index: int) -> bool:
        first = rows[candidates[index][0]]
        return bool(same_unit(wanted[index].telescope, first.telescope_id))

    for index in sorted(candidates, key=lambda index: (not named(index), index)):
        place(index, set())
    return {index: rows[number] for number, index in sorted(owner.items(), key=lambda p: p[1])}
