"""Rows prove stacks one to one, and never another filter's, exposure's or telescope's."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from crowdsky_tui.services.crowdsky.matching import StackIdentity, match_stacks, same_target
from crowdsky_tui.services.crowdsky.rows import ServerStack

START = datetime(2026, 7, 24, 21, 0, 5, tzinfo=UTC)
END = START + timedelta(minutes=14)


def wanted(**changes: Any) -> StackIdentity:
    identity = StackIdentity("S50_8a95aa90", "20260724.84", 6478, "LP", 10.0, START, END)
    return msgspec.structs.replace(identity, **changes)


def row(**changes: Any) -> ServerStack:
    stack = ServerStack(
        id=1,
        chunk_key="20260724.84_HP006478",
        object_name="M 81",
        telescope_id="S50_8a95aa90",
        filter_name="LP",
        date_obs_start=START,
        date_obs_end=END,
        n_frames_input=41,
        n_frames_aligned=39,
        total_exptime=410.0,
        ra_deg=None,
        dec_deg=None,
        file_size_bytes=None,
        created_at=None,
    )
    return msgspec.structs.replace(stack, **changes)


def test_the_same_stack() -> None:
    assert match_stacks([wanted()], [row()]) == {0: row()}


@pytest.mark.parametrize(
    "changes",
    [
        {"chunk_key": "20260724.85_HP006478"},
        {"chunk_key": "20260725.84_HP006478"},
        {"chunk_key": "20260724.84_HP006479"},
        {"chunk_key": ""},
        {"chunk_key": "nonsense"},
        {"chunk_key": "20260724_nonsense"},
        {"filter_name": "IRCUT"},
        {"filter_name": "lp"},
        {"filter_name": ""},
        {"total_exptime": 820.0},
        {"total_exptime": 410.0 + 41 * 0.31},
        {"telescope_id": "S50_a3497936"},
        {"date_obs_start": END + timedelta(seconds=121), "date_obs_end": END + timedelta(hours=1)},
    ],
)
def test_another_stack(changes: dict[str, object]) -> None:
    assert match_stacks([wanted()], [row(**changes)]) == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"chunk_key": "20260724.84"},
        {"filter_name": " LP "},
        {"total_exptime": 410.0 + 41 * 0.3},
        {"total_exptime": None},
        {"n_frames_input": None},
        {"n_frames_input": 0},
        {"telescope_id": "7"},
        {"telescope_id": ""},
        {"telescope_id": "S50"},
        {"telescope_id": "s50_8A95AA90"},
        {"date_obs_start": None},
        {"date_obs_end": None},
        {"date_obs_start": END + timedelta(seconds=120), "date_obs_end": END + timedelta(hours=1)},
        {"date_obs_start": END, "date_obs_end": START},
    ],
)
def test_the_same_stack_with_less_known(changes: dict[str, object]) -> None:
    assert list(match_stacks([wanted()], [row(**changes)])) == [0]


@pytest.mark.parametrize(
    "changes",
    [
        {"pixel": None},
        {"telescope": ""},
        {"start": None},
        {"end": None},
        {"chunk": "20260724.84", "filter": " LP"},
    ],
)
def test_the_same_stack_with_less_known_here(changes: dict[str, object]) -> None:
    assert list(match_stacks([wanted(**changes)], [row()])) == [0]


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("Owl A", "Owl A", True),
        ("Owl A", "owl a ", True),
        ("M 81_mosaic", "M 81", True),
        ("Barnard's Star", "Barnard", True),  # the server's reader ends at the apostrophe
        ("B\u00f6hm 2", "Bo\u0308hm 2", True),
        ("B\u00f6hm 2", "B?hm 2", True),
        ("\u30aa\u30ea\u30aa\u30f3", "???", None),
        ("Owl A", "", None),
        ("", "Owl A", None),
        ("Owl A", "Owl B", False),
        ("NGC 25", "NGC 253", False),
        ("B\u00f6hm 2", "B\u00f6hm 3", False),
        ("Barnard's Star", "Barnard's Star", True),
        ("PN A+30", "PN A-30", False),  # every sign counts where both are plain ASCII
        ("Owl A", "Owl\N{REPLACEMENT CHARACTER}A", True),
        ("\u30aa\u30ea\u30aa\u30f3", "Caf\u00e9", None),
        ("Caf\u00e9", "\u30aa\u30ea\u30aa\u30f3", None),
    ],
)
def test_a_target_is_the_same_by_any_spelling_that_the_server_may_give(
    ours: str, theirs: str, same: bool | None
) -> None:
    assert same_target(ours, theirs) is same
    proved = match_stacks([wanted(target=ours)], [row(object_name=theirs)])
    assert bool(proved) is (same is not False)


NO_COUNTS: dict[str, Any] = {"n_frames_input": None, "n_frames_aligned": None}


@pytest.mark.parametrize(
    ("ours", "told", "proves"),
    [
        ({"aligned": 39}, {}, True),
        ({"aligned": 39, "taken": 44}, {}, True),  # sub-frames may have come since
        ({"aligned": 41}, {}, False),  # a fuller stack: the row tells how many are in it
        ({"aligned": 38}, {}, False),
        ({"aligned": 41}, {"n_frames_aligned": None}, True),
        ({"aligned": 42}, {"n_frames_aligned": None}, False),  # more than it was made from
        ({"taken": 41}, {"n_frames_aligned": 40}, True),
        ({"taken": 40}, {}, False),
        ({"aligned": 41}, {"n_frames_input": 0, "n_frames_aligned": 0}, True),  # by its exposure
        ({"aligned": 60}, {"n_frames_input": None, "n_frames_aligned": None}, False),
        ({"aligned": 42}, {"n_frames_input": None, "n_frames_aligned": None}, False),
        ({"taken": 40}, {"n_frames_input": None, "n_frames_aligned": None}, False),
        ({"aligned": 41, "handed_over": True}, {}, True),  # the one number for the other
        ({"taken": 41}, NO_COUNTS, True),
        ({"taken": 44}, {}, False),  # made from others, whatever came out
        ({"taken": 41}, {"n_frames_input": 0, "n_frames_aligned": None}, True),
        ({"taken": 40}, {"n_frames_input": None}, True),  # 39 in it, whatever its exposure tells
        ({"aligned": 41}, {**NO_COUNTS, "total_exptime": 405.1}, True),
        ({"aligned": 41}, {**NO_COUNTS, "total_exptime": 404.9}, False),  # half of one is too few
        ({"aligned": 39, "exposure_s": 0.0}, NO_COUNTS, True),
        ({"aligned": 9, "taken": 12}, {"n_frames_input": None, "n_frames_aligned": None}, False),
        (
            {"aligned": 60},
            {"n_frames_input": None, "n_frames_aligned": None, "total_exptime": None},
            True,
        ),
    ],
)
def test_a_row_never_proves_a_stack_of_other_sub_frames(
    ours: dict[str, int], told: dict[str, object], proves: bool
) -> None:
    assert bool(match_stacks([wanted(**ours)], [row(**told)])) is proves


def test_a_row_that_was_listed_before_never_proves_what_was_handed_over_after() -> None:
    renewed = wanted(old_rows=(1,), handed_over=True)
    assert match_stacks([renewed], [row(id=1)]) == {}
    assert match_stacks([renewed], [row(id=1), row(id=2)]) == {0: row(id=2)}


def test_the_hash_of_the_uploaded_file_tells_more_than_all_else() -> None:
    mine, other = (wanted(sha256=letter * 64, target="M 81") for letter in "ab")
    told = row(sha256="b" * 64, object_name="renamed on the web site")
    assert match_stacks([mine, other], [told]) == {1: told}
    assert match_stacks([mine], [told]) == {}


@pytest.mark.parametrize(
    "known",
    [
        {"target": "M 81"},
        {"telescope": "S50_8a95aa90"},
        {"aligned": 39},
        {"row_id": 1},
        {"handed_over": True},
        {"size": 12_446_400},
    ],
)
def test_the_surest_of_several_claims_is_first(known: dict[str, object]) -> None:
    listed = row(file_size_bytes=12_446_400)
    vague, sure = wanted(telescope="S50"), wanted(**{"telescope": "S50", **known})
    assert match_stacks([vague, sure], [listed]) == {1: listed}
    assert match_stacks([sure, vague], [listed]) == {0: listed}


SUREST_FIRST: list[dict[str, Any]] = [
    {"sha256": "b" * 64},
    {"telescope": "S50_8a95aa90"},
    {"target": "M 81"},
    {"aligned": 39},
    {"row_id": 1},
    {"handed_over": True},
    {"size": 12_446_400},
]


@pytest.mark.parametrize(("surer", "weaker"), pairwise(SUREST_FIRST))
def test_which_of_two_claims_is_the_surer(surer: dict[str, Any], weaker: dict[str, Any]) -> None:
    listed = row(sha256="b" * 64, file_size_bytes=12_446_400)
    weak, sure = (wanted(**{"telescope": "S50", **known}) for known in (weaker, surer))
    assert match_stacks([weak, sure], [listed]) == {1: listed}


def test_a_row_that_one_has_never_proves_another_that_was_handed_over_too() -> None:
    assert match_stacks([sent("M 81", row_id=1), sent("M 81")], [row()]) == {0: row()}


def test_a_stack_of_no_slot_is_proved_by_nothing() -> None:
    assert match_stacks([wanted(chunk="")], [row()]) == {}


def sent(target: str, **more: Any) -> StackIdentity:
    return wanted(**{"target": target, "aligned": 39, "handed_over": True, **more})


@pytest.mark.parametrize(
    ("ours", "neighbour"), [("\u00c4 1", "\u00d6 1"), ("Caf\u00e9", "Caf\u00e8")]
)
def test_names_that_differ_beyond_ascii_alone_are_two(ours: str, neighbour: str) -> None:
    assert match_stacks([sent(ours)], [row(object_name=neighbour)]) == {}
    assert list(match_stacks([sent(neighbour), sent(ours)], [row(object_name=ours)])) == [1]


def test_of_two_spellings_of_one_name_the_very_one_is_surer() -> None:
    pair = [sent("B\u00f6hm 2"), sent("Bo\u0308hm 2")]
    for number, one in enumerate(pair):
        assert list(match_stacks(pair, [row(object_name=one.target)])) == [number]
    mosaic = [sent("M 81"), sent("M 81_mosaic")]
    assert list(match_stacks(mosaic, [row(object_name="M 81")])) == [0]


@pytest.mark.parametrize("ids", [(1, 2), (2, 1)])
def test_of_several_rows_the_surest_proves_it(ids: tuple[int, int]) -> None:
    vague, sure = row(id=ids[0], object_name=""), row(id=ids[1])
    assert match_stacks([wanted(target="M 81")], [vague, sure]) == {0: sure}
    assert match_stacks([wanted(target="M 81")], [sure, vague]) == {0: sure}


def test_a_short_index_is_the_same_slot() -> None:
    early = wanted(chunk="20260724.04", start=None)
    assert list(match_stacks([early], [row(chunk_key="20260724.4_HP006478")])) == [0]


def test_one_row_never_proves_two_stacks_nor_one_of_two_that_look_alike() -> None:
    assert match_stacks([wanted(), wanted()], [row()]) == {}
    assert list(match_stacks([wanted(), wanted()], [row(id=1), row(id=2)])) == [0, 1]


def test_a_row_of_an_unknown_telescope_proves_neither_of_two_scopes_stacks() -> None:
    pair = [wanted(), wanted(telescope="S50_a3497936")]
    assert match_stacks(pair, [row(telescope_id="7")]) == {}
    assert list(match_stacks(pair[1:], [row(telescope_id="7")])) == [0]


def test_its_own_telescope_comes_first() -> None:
    own, unknown = row(id=1), row(id=2, telescope_id="7")
    other = wanted(telescope="S50_a3497936")
    for stacks in ([other, wanted()], [wanted(), other]):
        for rows in ([own, unknown], [unknown, own]):
            proved = match_stacks(stacks, rows)
            assert proved[stacks.index(wanted())] == own
            assert proved[stacks.index(other)] == unknown


def test_a_stack_with_a_choice_makes_room_for_one_without() -> None:
    near, far = row(id=1), row(id=2, chunk_key="20260724.84_HP006479")
    proved = match_stacks([wanted(pixel=None), wanted()], [near, far])
    assert {index: stack.id for index, stack in proved.items()} == {0: 2, 1: 1}


def test_two_filters_two_exposures_two_telescopes_in_one_slot() -> None:
    stacks = [
        wanted(filter=filter_name, exposure_s=exposure, telescope=telescope)
        for filter_name in ("LP", "IRCUT")
        for exposure in (10.0, 20.0)
        for telescope in ("S50_8a95aa90", "S30 Pro_10d57b1d")
    ]
    rows = [
        row(
            id=index,
            filter_name=stack.filter,
            total_exptime=stack.exposure_s * 41,
            telescope_id=stack.telescope,
        )
        for index, stack in enumerate(stacks)
    ]
    proved = match_stacks(stacks, list(reversed(rows)))
    assert {index: stack.id for index, stack in proved.items()} == {n: n for n in range(8)}
    assert list(match_stacks(stacks, rows[3:4])) == [3]
