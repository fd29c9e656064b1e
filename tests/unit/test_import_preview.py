"""What an import would do: new, same, changed, near, refused; and the second time nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowdsky_tui.plan.exporters import FORMATS
from crowdsky_tui.plan.import_preview import Preview, arcsec, preview
from crowdsky_tui.plan.importers.items import Item, Refused
from crowdsky_tui.plan.importers.read_list import read_list
from crowdsky_tui.plan.target import Target, changed, new_target
from crowdsky_tui.plan.target_csv import targets_csv
from crowdsky_tui.plan.timeliness import Every

T_CRB = new_target("T CrB", 239.87567, 25.92017, priority=5, notes="mine")


def item(name: str, ra: float, dec: float, **fields: Any) -> Item:
    return Item(1, name, ra, dec, False, fields)


def kinds(found: Preview) -> tuple[int, int, int, int, int]:
    return (
        len(found.new), len(found.changed), len(found.near), found.same, len(found.refused)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "arc", "expected"),
    [
        ("T CrB", 0.0, (0, 0, 0, 1, 0)),
        ("tcrb", 50.0, (0, 0, 0, 1, 0)),
        ("V* T CrB", 2.0, (0, 0, 0, 1, 0)),
        ("Other", 4.9, (0, 0, 0, 1, 0)),
        ("Other", 5.1, (0, 0, 1, 0, 0)),
        ("Other", 59.0, (0, 0, 1, 0, 0)),
        ("Other", 61.0, (1, 0, 0, 0, 0)),
        ("T CrB", 3600.0, (0, 0, 1, 0, 0)),
    ],
)
def test_by_name_or_within_5_arcsec_it_is_the_same_and_up_to_60_it_is_asked(
    name: str, arc: float, expected: tuple[int, ...]
) -> None:
    found = preview([item(name, 239.87567, 25.92017 + arc / 3600)], [T_CRB])
    assert kinds(found) == expected


def test_three_different_stars_of_aavso_stay_different() -> None:
    """XZ Tau and HL Tau are 23.0″ apart."""
    xz = new_target("XZ Tau", 67.91675, 18.23247)
    found = preview([item("HL Tau", 67.91008, 18.23267)], [xz])
    (near,) = found.near
    assert near.arcsec == pytest.approx(23.0, abs=1) and near.other.name == "XZ Tau"


def test_the_users_own_words_are_never_changed_by_a_list() -> None:
    given = item(
        "T CrB", 239.87567, 25.92017, priority=3, notes="theirs", kind="monitor", state="paused",
        mag_bright=2.0, timeliness=(Every(1.0),), source="AAVSO",
    )  # fmt: skip
    (change,) = preview([given], [T_CRB]).changed
    assert change.fields == ("mag_bright", "timeliness")
    assert (change.after.priority, change.after.notes, change.after.kind) == (
        5, "mine", T_CRB.kind,
    )  # fmt: skip


def test_a_place_is_changed_only_by_the_source_it_came_from() -> None:
    moved = 239.87567 + 2 / 3600
    ours = changed(T_CRB, source="AAVSO")
    assert preview([item("T CrB", moved, 25.92017, source="AAVSO")], [ours]).changed
    assert not preview([item("T CrB", moved, 25.92017, source="file")], [ours]).changed
    other = item("Other", moved, 25.92017, source="AAVSO")
    assert not preview([other], [ours]).changed
    noise = item("T CrB", 239.87567 + 1e-9, 25.92017, source="AAVSO")
    assert not preview([noise], [ours]).changed


def test_what_comes_twice_is_added_once() -> None:
    twice = [item("A", 10.0, 1.0), item("a", 10.0, 1.0), item("B", 10.0, 1.0001)]
    assert kinds(preview(twice, [])) == (1, 0, 0, 2, 0)


def test_a_row_that_no_target_can_be_is_refused_and_stops_no_other() -> None:
    bad = [item("A", 10.0, 1.0, priority=9), Item(7, "Nowhere"), item("B", 20.0, 2.0)]
    found = preview(bad, [], [Refused(1, "x", "y")])
    assert [each.name for each in found.new] == ["B"]
    assert [each.name for each in found.refused] == ["x", "A", "Nowhere"]
    assert "catalogue" in found.refused[2].reason


targets = st.builds(
    lambda n, ra, dec, p: new_target(f"Star {n}", ra, dec, priority=p),
    st.integers(0, 50), st.floats(0, 359.99), st.floats(-89, 89), st.integers(1, 5),
)  # fmt: skip


@given(st.lists(targets, max_size=8))
def test_a_second_import_of_a_list_does_nothing(found: list[Target]) -> None:
    first = preview(read_list(targets_csv(found).encode()).items, [])
    there = list(first.new)
    again = preview(read_list(targets_csv(found).encode()).items, there)
    assert not again.new and all(change.before in there for change in again.changed)
    applied = {each.uid: each for each in there} | {
        change.before.uid: change.after for change in again.changed
    }
    third = preview(read_list(targets_csv(list(applied.values())).encode()).items,
                    list(applied.values()))  # fmt: skip
    assert kinds(third) == (0, 0, 0, len(applied), 0)


@given(targets, targets)
def test_the_distance_is_the_same_both_ways(one: Target, other: Target) -> None:
    assert arcsec(one, other) == pytest.approx(arcsec(other, one))
    assert arcsec(one, one) == 0


@pytest.mark.parametrize("form", ["csv", "ts", "ssc"])
@given(st.lists(targets, min_size=1, max_size=5, unique_by=lambda each: each.name))
def test_what_other_programs_are_given_is_the_same_place(form: str, found: list[Target]) -> None:
    read = read_list(FORMATS[form](found).encode())
    assert read.refused == ()
    for before, after in zip(found, read.items, strict=True):
        again = new_target(after.name, after.ra_deg or 0, after.dec_deg or 0)
        assert after.name == before.name and arcsec(before, again) < 0.2


def test_a_skysafari_list_has_the_names() -> None:
    m51 = new_target("M 51", 202.47, 47.2, alt_names=("Whirlpool Galaxy",))
    (item_read,) = read_list(FORMATS["skysafari"]([m51]).encode()).items
    assert item_read.name == "M 51" and item_read.fields["alt_names"] == ("Whirlpool Galaxy",)
