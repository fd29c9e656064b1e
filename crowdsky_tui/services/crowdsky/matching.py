"""Which rows of the server's list prove which of our stacks. Pure: no I/O, no clock.

A chunk key names neither target, filter, exposure nor telescope, so it alone proves nothing: a row
proves the stack whose file it describes, and what it tells must agree with that file. A row's size
is of the file that the server made of ours, so it tells two stacks apart only where all else does
not.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from crowdsky_tui.blocks import parse_chunk_key
from crowdsky_tui.services.crowdsky.rows import EXPOSURE_TOLERANCE_S, ServerStack

LARGEST_GAP = timedelta(seconds=120)
_UNIT = re.compile(r".+_(?P<serial>[0-9A-Za-z]{4,})")  # model, serial: "S30 Pro_10d57b1d"
_ROUNDING = 1e-9
_HALF_A_FRAME = 0.5


class StackIdentity(msgspec.Struct, frozen=True):
    """What tells one of our stacks from every other.

    `telescope` is the header's TELESCOP ("S50_a3497936"), "" if unknown; `chunk` is `YYYYMMDD.CC`
    (from the server's receipt if there is one); `pixel` None if unknown; `exposure_s` seconds of
    one sub-frame; `start` and `end` the aware span of its sub-frames, None if unknown. `target` is
    the header's OBJECT, else the folder's name; `aligned` and `taken` count the sub-frames in it
    and those it was made from. `row_id` is the row that has proved it, `old_rows` are rows that
    were listed before it was handed over and so are of other files; `handed_over` says that it was.
    """

    telescope: str
    chunk: str
    pixel: int | None
    filter: str
    exposure_s: float
    start: datetime | None = None
    end: datetime | None = None
    target: str = ""
    aligned: int | None = None
    taken: int | None = None
    sha256: str = ""
    size: int | None = None
    row_id: int | None = None
    old_rows: tuple[int, ...] = ()
    handed_over: bool = False


def same_unit(ours: str, theirs: str) -> bool | None:
    """Whether both name the same telescope; None where one does not name any."""
    our_unit, their_unit = _UNIT.fullmatch(ours.strip()), _UNIT.fullmatch(theirs.strip())
    if not (our_unit and their_unit):
        return None
    return our_unit["serial"].casefold() == their_unit["serial"].casefold()


def plain_name(target: str) -> str:
    """A target's name for comparing: without blanks, case and the mark of a mosaic."""
    name = unicodedata.normalize("NFC", target).removesuffix("_mosaic")
    return "".join(name.split()).casefold()


def same_target(ours: str, theirs: str) -> bool | None:
    """Whether both name the same target; None where one does not tell.

    The server ends a name at its first apostrophe, and what is beyond ASCII arrives in many forms:
    there only the letters and digits of ASCII are compared, unless both are whole and differ in a
    letter (`\u00c4 1`, `\u00d6 1`).
    """
    mine, other = plain_name(ours), plain_name(theirs)
    if not (mine and other):
        return None
    if mine == other or mine.partition("'")[0] == other:
        return True
    if (mine.isascii() and other.isascii()) or _differ_in_letters(mine, other):
        return False
    mine, other = _ascii_of(mine), _ascii_of(other)
    return mine == other if mine and other else None


def _differ_in_letters(mine: str, other: str) -> bool:
    """Whether two names differ in nothing but letters that both show, beyond ASCII."""
    if len(mine) != len(other):
        return False
    pairs = [(one, two) for one, two in zip(mine, other, strict=True) if one != two]
    return all(not letter.isascii() and letter.isalpha() for pair in pairs for letter in pair)


def _ascii_of(name: str) -> str:
    return "".join(char for char in name if char.isascii() and char.isalnum())


def _spans_meet(wanted: StackIdentity, row: ServerStack) -> bool:
    if not (wanted.start and wanted.end and row.date_obs_start and row.date_obs_end):
        return True
    ours = sorted((wanted.start, wanted.end))
    theirs = sorted((row.date_obs_start, row.date_obs_end))
    return max(ours[0], theirs[0]) - min(ours[1], theirs[1]) <= LARGEST_GAP


def _same_frames(wanted: StackIdentity, row: ServerStack) -> bool:
    """Whether the row may be of as many sub-frames, as far as it tells.

    The sub-frames in a stack count first, then those it was made from; of a stack that we handed
    over the server may give the one number for the other. Of a row that tells only its
    whole exposure, or one kind of count where we know the other, the limits are compared: a stack
    has no more sub-frames than it was made from.
    """
    aligned, taken = row.n_frames_aligned or 0, row.n_frames_input or 0
    if aligned > 0 and wanted.aligned:
        return aligned == wanted.aligned or (wanted.handed_over and taken == wanted.aligned)
    if taken > 0 and wanted.taken:
        return taken == wanted.taken
    counted: float = max(taken, aligned)
    slack = 0.0
    if counted <= 0 and row.total_exptime and wanted.exposure_s > 0:
        counted, slack = row.total_exptime / wanted.exposure_s, _HALF_A_FRAME
    if counted <= 0:
        return True
    least, most = wanted.aligned or 0, wanted.taken
    return counted >= least - slack and (most is None or counted <= most + slack)


def _same_exposure(wanted: StackIdentity, row: ServerStack) -> bool:
    exposure = row.sub_exposure_s
    return exposure is None or abs(exposure - wanted.exposure_s) <= EXPOSURE_TOLERANCE_S + _ROUNDING


def may_prove(wanted: StackIdentity, row: ServerStack, pixel: int | None) -> bool:
    """Whether a row of the same slot, with this pixel, agrees in everything that is known."""
    if row.id is not None and row.id in wanted.old_rows:
        return False
    if row.sha256 and row.sha256 == wanted.sha256:
        return True
    return (
        (wanted.pixel is None or pixel is None or wanted.pixel == pixel)
        and wanted.filter.strip() == row.filter_name.strip()
        and _same_exposure(wanted, row)
        and same_unit(wanted.telescope, row.telescope_id) is not False
        and same_target(wanted.target, row.object_name) is not False
        and _same_frames(wanted, row)
        and _spans_meet(wanted, row)
    )


def _likeness(wanted: StackIdentity, row: ServerStack) -> tuple[bool, ...]:
    """How surely the row is of this stack; the greater of two is the surer."""
    return (
        bool(row.sha256) and row.sha256 == wanted.sha256,
        same_unit(wanted.telescope, row.telescope_id) is True,
        bool(wanted.target) and plain_name(wanted.target) == plain_name(row.object_name),
        bool(wanted.target) and wanted.target == row.object_name,
        bool(wanted.aligned) and wanted.aligned == row.n_frames_aligned,
        wanted.row_id is not None and wanted.row_id == row.id,
        wanted.handed_over,
        wanted.size is not None and wanted.size == row.file_size_bytes,
    )


def names_target(row: ServerStack) -> bool:
    """Whether a row tells what it is of."""
    return bool(plain_name(row.object_name).strip("?\N{REPLACEMENT CHARACTER}"))


def is_blank(row: ServerStack) -> bool:
    """Whether a row tells neither target nor counts: it describes no file, only when and where."""
    counts = (row.n_frames_aligned, row.n_frames_input, row.total_exptime)
    return not names_target(row) and not any(count and count > 0 for count in counts)


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


def candidates(
    wanted: Sequence[StackIdentity], rows: Sequence[ServerStack]
) -> dict[int, list[int]]:
    """For each wanted stack the rows that may prove it, the surest first.

    Whoever else may claim them.
    """
    slots = _rows_by_chunk(wanted, rows)
    found: dict[int, list[int]] = {}
    for index, identity in enumerate(wanted):
        key = parse_chunk_key(identity.chunk)
        same_slot = slots.get(key[0], []) if key else []
        fits = [n for n, pixel in same_slot if may_prove(identity, rows[n], pixel)]
        if fits:
            likeness = {n: _likeness(identity, rows[n]) for n in fits}
            found[index] = sorted(fits, key=likeness.__getitem__, reverse=True)
    return found


def match_stacks(
    wanted: Sequence[StackIdentity], rows: Sequence[ServerStack]
) -> dict[int, ServerStack]:
    """Which of the wanted stacks the server's rows prove: index in `wanted` to its row.

    A row proves at most one stack. It must agree in slot, filter (exactly), target, sub-frames,
    sub-exposure (within 0.3 s), pixel, telescope and time span (at most 120 s apart), each as far
    as both sides know it; a telescope without a serial may be any. A row that was listed before a
    stack was handed over never proves it. As many stacks as possible are proved, the surest first;
    a row that may as surely be of another stack, which has no row, proves neither, and one that
    tells no target proves only what it can be of alone (`_nameless_rows`).
    """
    every = candidates(wanted, rows)
    told = {
        index: fits
        for index, found in every.items()
        if (fits := [number for number in found if names_target(rows[number])])
    }
    owner = _share_out(wanted, rows, told)
    _take_back_doubtful(wanted, rows, told, owner)
    owner |= _nameless_rows(wanted, rows, every, set(owner.values()))
    return {index: rows[number] for number, index in sorted(owner.items(), key=lambda p: p[1])}


def _take_back_doubtful(
    wanted: Sequence[StackIdentity],
    rows: Sequence[ServerStack],
    choice: dict[int, list[int]],
    owner: dict[int, int],
) -> None:
    """Take a row from its owner if it may as surely be of a stack that is left without one."""
    left = [index for index in choice if index not in owner.values()]
    while left:
        index = left.pop()
        for number in choice[index]:
            holder = owner.get(number)
            if holder is None or _is_known(wanted[holder], rows[number]):
                continue
            row = rows[number]
            if _likeness(wanted[index], row) >= _likeness(wanted[holder], row):
                left.append(owner.pop(number))


def _nameless_rows(
    wanted: Sequence[StackIdentity],
    rows: Sequence[ServerStack],
    choice: dict[int, list[int]],
    proved: set[int],
) -> dict[int, int]:
    """The owners, by row number, of rows that tell no target.

    Such a row proves what its hash tells, or what it has proved before; else only a stack that was
    handed over, and only where no other stack without a row may claim it: as many rows as there are
    stacks to claim them leave none out. One that was not handed over it proves if the row tells
    counts and can be of no other stack at all, with a row or without.
    """
    claims: dict[int, set[int]] = defaultdict(set)
    for index, found in choice.items():
        for number in found:
            if not names_target(rows[number]):
                claims[number].add(index)
    alone = {
        number
        for number, claimed in claims.items()
        if not is_blank(rows[number]) and not claimed & proved
    }
    owner: dict[int, int] = {}

    def give(number: int, index: int) -> None:
        owner[number] = index
        del claims[number]
        for others in claims.values():
            others.discard(index)

    for claimed in claims.values():
        claimed -= proved
    for number, claimed in list(claims.items()):
        known = [index for index in claimed if _is_known(wanted[index], rows[number])]
        if len(known) == 1:
            give(number, known[0])
    while alike := _left_by_none(wanted, claims, alone):
        for number, index in alike:
            give(number, index)
    return owner


def _is_known(wanted: StackIdentity, row: ServerStack) -> bool:
    same_file = bool(row.sha256) and row.sha256 == wanted.sha256
    return same_file or (wanted.row_id is not None and wanted.row_id == row.id)


def _left_by_none(
    wanted: Sequence[StackIdentity], claims: dict[int, set[int]], alone: set[int]
) -> list[tuple[int, int]]:
    """Rows and stacks of one group that has as many rows as stacks.

    All of the stacks were handed over, or none of the rows may be of others (`alone`).
    """
    groups: dict[frozenset[int], list[int]] = defaultdict(list)
    for number, claimed in claims.items():
        if claimed and (number in alone or all(wanted[index].handed_over for index in claimed)):
            groups[frozenset(claimed)].append(number)
    for group, numbers in groups.items():
        if len(numbers) >= len(group):
            return list(zip(numbers, sorted(group), strict=False))
    return []


def _share_out(
    wanted: Sequence[StackIdentity], rows: Sequence[ServerStack], choice: dict[int, list[int]]
) -> dict[int, int]:
    """The owners by row number, as many as possible, the surest first."""
    owner: dict[int, int] = {}

    def place(index: int, tried: set[int]) -> bool:
        """Give `index` a row, moving others along if they have another choice."""
        open_rows = [number for number in choice[index] if number not in tried]
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

    surest = {index: _likeness(wanted[index], rows[found[0]]) for index, found in choice.items()}
    for index in sorted(choice, key=surest.__getitem__, reverse=True):
        place(index, set())
    return owner
