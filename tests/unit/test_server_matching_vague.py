"""Rows that tell no target, or nothing at all, prove only what they can be of alone."""

from typing import Any

import msgspec
import pytest
from test_server_matching import row, sent

from crowdsky_tui.services.crowdsky.matching import match_stacks

BLANK: dict[str, Any] = {
    "object_name": "",
    "n_frames_input": None,
    "n_frames_aligned": 0,
    "total_exptime": None,
}
"""A row that tells neither target nor counts."""


@pytest.mark.parametrize("name", ["", "  ", "???", "\N{REPLACEMENT CHARACTER}"])
def test_a_row_that_tells_neither_target_nor_counts_proves_only_what_was_handed_over(
    name: str,
) -> None:
    blank = row(**{**BLANK, "object_name": name})
    orion = "\u30aa\u30ea\u30aa\u30f3"
    assert match_stacks([sent(orion)], [blank]) == {0: blank}
    assert match_stacks([sent(orion, handed_over=False)], [blank]) == {}


@pytest.mark.parametrize(
    "told",
    [
        {"object_name": "M 81"},
        {"object_name": "\u30aa\u30ea\u30aa\u30f3"},
        {"n_frames_input": 39},
        {"n_frames_aligned": 39},
        {"total_exptime": 390.0},
    ],
)
def test_a_row_that_tells_either_is_not_blank(told: dict[str, Any]) -> None:
    target = str(told.get("object_name", "M 81"))
    unsent = sent(target, handed_over=False)
    assert list(match_stacks([unsent], [row(**{**BLANK, **told})])) == [0]


@pytest.mark.parametrize(
    "neighbour",
    [
        {"target": "M 82"},
        {"target": "M 82", "handed_over": False},
        {"aligned": 41},
        {"telescope": "S50"},
    ],
)
def test_a_row_that_may_be_of_two_neighbours_proves_neither(neighbour: dict[str, Any]) -> None:
    mine, other = sent("M 81"), sent(**{"target": "M 81", **neighbour})
    for stacks in ([mine, other], [other, mine]):
        assert match_stacks(stacks, [row(**BLANK)]) == {}


@pytest.mark.parametrize("name", ["", "  ", "\N{REPLACEMENT CHARACTER}"])
@pytest.mark.parametrize("handed_over", [(True, True), (True, False), (False, False)])
def test_a_row_with_counts_but_no_target_proves_only_what_it_can_be_of_alone(
    name: str, handed_over: tuple[bool, bool]
) -> None:
    listed = row(object_name=name)
    pair = [
        sent(target, handed_over=said)
        for target, said in zip(("M 81", "M 82"), handed_over, strict=True)
    ]
    assert match_stacks(pair, [listed]) == match_stacks(pair[::-1], [listed]) == {}
    for one in pair:
        assert match_stacks([one], [listed]) == {0: listed}
        assert match_stacks([one, sent("M 83", aligned=38)], [listed]) == {0: listed}
    both = [listed, msgspec.structs.replace(listed, id=2)]
    assert sorted(match_stacks(pair, both)) == [0, 1]


def test_a_neighbours_second_row_without_a_target_proves_nothing_of_what_was_not_sent() -> None:
    told, vague = row(id=1), row(id=2, object_name="")
    unsent = sent("M 82", handed_over=False)
    assert match_stacks([sent("M 81"), unsent], [told, vague]) == {0: told}
    assert match_stacks([sent("M 81"), sent("M 82")], [told, vague]) == {0: told, 1: vague}


def test_as_many_blank_rows_as_neighbours_prove_all_of_them() -> None:
    pair, rows = [sent("M 81"), sent("M 82")], [row(id=1, **BLANK), row(id=2, **BLANK)]
    assert sorted(match_stacks(pair, rows)) == [0, 1]
    assert match_stacks([*pair, sent("M 83")], rows) == {}
    assert match_stacks([pair[0], sent("M 82", handed_over=False)], rows) == {}


def test_a_blank_row_is_of_whom_no_telling_row_proves() -> None:
    told, blank = row(id=1), row(id=2, **BLANK)
    pair = [sent("M 81"), sent("M 82")]
    assert match_stacks(pair, [blank, told]) == {0: told, 1: blank}
    later = sent("M 82", old_rows=(2,))  # listed before it was sent
    assert match_stacks([pair[0], later], [blank, told]) == {0: told}


def test_one_neighbour_after_another_is_told_by_what_was_listed_before() -> None:
    rows = [row(id=1, **BLANK), row(id=2, **BLANK)]
    first, second = sent("M 81"), sent("M 82", old_rows=(1,))
    assert match_stacks([second, first], rows) == {0: rows[1], 1: rows[0]}


@pytest.mark.parametrize("known", [{"row_id": 1}, {"sha256": "b" * 64}])
def test_a_blank_row_stays_with_whom_its_number_or_hash_tells(known: dict[str, Any]) -> None:
    blank = row(sha256="b" * 64, **BLANK)
    mine, other = sent("M 81", **known), sent("M 82")
    assert match_stacks([other, mine], [blank]) == {1: blank}
