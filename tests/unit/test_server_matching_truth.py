"""No stack is proved that the server does not list, however little its rows tell."""

import unicodedata
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from test_server_matching import row, wanted

from crowdsky_tui.services.crowdsky.matching import StackIdentity, match_stacks
from crowdsky_tui.services.crowdsky.rows import ServerStack

UNITS = ("S50_8a95aa90", "S30 Pro_10d57b1d")
TARGETS = ("M 81", "M 82", "Caf\u00e9 1", "Caf\u00e8 1", "Barnard's Star", "M 81_mosaic")


class Sent(msgspec.Struct, frozen=True):
    """A stack that exists, whether we have handed it over, and the rows that the server has of it.

    Each row is told by what became of its fields.
    """

    stack: StackIdentity
    handed_over: bool
    rows: tuple[dict[str, Any], ...]


stacks = st.builds(
    wanted,
    target=st.sampled_from(TARGETS),
    filter=st.sampled_from(("LP", "IRCUT")),
    exposure_s=st.sampled_from((10.0, 20.0)),
    telescope=st.sampled_from(UNITS),
    aligned=st.sampled_from((12, 15)),
)
damage = st.fixed_dictionaries(
    {
        "object_name": st.sampled_from(("as it is", "blank", "case", "NFD", "cut")),
        "telescope_id": st.sampled_from(("as it is", "blank", "case", "a number")),
        "n_frames_aligned": st.sampled_from(("as it is", "blank", "none")),
        "n_frames_input": st.sampled_from(("as it is", "blank")),
        "total_exptime": st.sampled_from(("as it is", "blank")),
        "date_obs_start": st.sampled_from(("as it is", "blank")),
        "chunk_key": st.sampled_from(("as it is", "cut")),
    }
)
known = st.builds(Sent, stacks, st.booleans(), st.lists(damage, max_size=1).map(tuple))


def row_of(stack: StackIdentity, number: int, how: dict[str, str]) -> ServerStack:
    """The server's row of a stack, damaged as told."""
    assert stack.aligned is not None
    whole: dict[str, Any] = {
        "object_name": stack.target,
        "telescope_id": stack.telescope,
        "n_frames_aligned": stack.aligned,
        "n_frames_input": stack.aligned + 2,
        "total_exptime": stack.aligned * stack.exposure_s,
        "date_obs_start": stack.start,
        "chunk_key": f"{stack.chunk}_HP006478",
    }
    for name, what in how.items():
        value = whole[name]
        if what == "blank":
            whole[name] = " " if isinstance(value, str) else None
        elif what == "none":
            whole[name] = 0
        elif what == "case":
            whole[name] = value.upper()
        elif what == "NFD":
            whole[name] = unicodedata.normalize("NFD", value)
        elif what == "a number":
            whole[name] = "7"
        elif what == "cut":
            whole[name] = value.partition("_" if name == "chunk_key" else "'")[0]
    return row(id=number, filter_name=stack.filter, **whole)


def matched(world: list[Sent], *, all_handed_over: bool) -> list[tuple[int, int]]:
    """For each stack that was proved its number, and that of the stack whose row proved it."""
    wanted_ones = [
        msgspec.structs.replace(
            one.stack, handed_over=bool(one.rows) or (all_handed_over and one.handed_over)
        )
        for one in world
    ]
    rows = [row_of(one.stack, number, how) for number, one in enumerate(world) for how in one.rows]
    return [(index, found.id or 0) for index, found in match_stacks(wanted_ones, rows).items()]


def distinct(world: list[Sent]) -> bool:
    """Whether no two stacks are alike in all that could ever tell them apart."""
    marks = [msgspec.structs.astuple(one.stack) for one in world]
    return len(set(marks)) == len(marks)


@settings(max_examples=600, derandomize=True)
@given(st.lists(known, max_size=5).filter(distinct))
def test_a_neighbours_row_never_proves_what_is_not_listed(world: list[Sent]) -> None:
    """Two that are both listed may have each other's row where neither tells which it is of."""
    proved = matched(world, all_handed_over=True)
    assert [index for index, _ in proved if not world[index].rows] == []
    assert len({number for _, number in proved}) == len(proved)


@settings(max_examples=300, derandomize=True)
@given(st.lists(known, max_size=5).filter(distinct))
def test_rows_that_tell_everything_prove_every_stack_they_are_of(world: list[Sent]) -> None:
    whole = dict.fromkeys(("object_name", "telescope_id", "n_frames_aligned"), "as it is")
    world = [msgspec.structs.replace(one, rows=(whole,) * len(one.rows)) for one in world]
    proved = matched(world, all_handed_over=False)
    assert sorted(index for index, _ in proved) == [n for n, one in enumerate(world) if one.rows]
    assert all(index == number for index, number in proved)
