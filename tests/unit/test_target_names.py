"""One way of comparing the names of targets, for all verbs."""

from datetime import UTC, datetime

import pytest

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.blocks import matching_names, one_form, target_key
from crowdsky_tui.cli.verbs.settle import Options, _meant
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.night.settle import UnsettledLine, lines_of

START = datetime(2026, 11, 20, 21, tzinfo=UTC)
DECOMPOSED = "Bo\u0308hm 2"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("m81", "M 81"),
        ("  messier   081 ", "M 81"),
        ("M\u3000８１", "M 81"),
        ("ngc 7000", "NGC 7000"),
        ("NGC7318a", "NGC 7318A"),
        ("tcrb", "V* T CrB"),
        ("V* t crb", "T CrB"),
        ("am leo", "AM Leo"),
        ("B\u00f6hm 2", DECOMPOSED),
        ("böhm2", DECOMPOSED),
        (DECOMPOSED, "B\u00f6hm 2"),
    ],
)
def test_a_target_is_found_as_people_type_it(typed: str, name: str) -> None:
    assert matching_names(typed, [name, "M 8", "NGC 700", "Other"]) == [name]


def test_the_very_name_comes_first_then_the_nearest_way_of_comparing() -> None:
    names = ["M 81", "m81", "M81", DECOMPOSED, "B\u00f6hm 2"]
    assert matching_names("m81", names) == ["m81"]
    assert matching_names("M  81", names) == ["M 81", "M81", "m81"]
    assert matching_names(DECOMPOSED, names) == [DECOMPOSED]
    assert matching_names("M 82", names) == []


def test_other_objects_stay_apart() -> None:
    keys = {target_key(name) for name in ("M 8", "M 81", "M 81_mosaic", "NGC 81", "IC 81", "M81A")}
    assert len(keys) == 6
    assert one_form(DECOMPOSED) == "B\u00f6hm 2" != DECOMPOSED


def unsettled(target: str) -> UnsettledLine:
    return UnsettledLine("id", "S50", target, START, target, "a stack", "no answer came")


@pytest.mark.parametrize("typed", ["m81", "Messier 81", "M 81"])
def test_settle_takes_a_target_in_any_spelling_and_no_other(typed: str) -> None:
    lines = [unsettled("M 81"), unsettled("M 8"), unsettled("NGC 81")]
    assert [line.target for line in _meant(lines, Options(target=(typed,)))] == ["M 81"]
    assert _meant(lines, Options(target=("M 82",))) == []
    assert _meant(lines, Options()) == lines


def test_settle_decides_nothing_where_two_targets_could_be_meant() -> None:
    with pytest.raises(UsageError, match="not clear"):
        _meant([unsettled("m 81"), unsettled("M81")], Options(target=("Messier 81",)))


def order(target: str, scope: str, minute: int) -> Order:
    start = START.replace(minute=minute)
    return Order(scope, "", scope, target, target, f"20261120.{84 + minute // 15}", "20.0s", "LP",
                 start, start)  # fmt: skip


LOOK_ALIKE = ("M\u200b81", "M\u200c81")


def twins(*orders: Order) -> list[UnsettledLine]:
    return list(lines_of(LedgerEntry(order, upload=Delivery.DOUBT) for order in orders))


def test_settle_decides_nothing_for_two_targets_that_only_look_alike_and_names_both() -> None:
    lines = twins(
        *(order(name, "S50", minute) for minute, name in enumerate(LOOK_ALIKE)),
        order("M 82", "S50", 2),
    )
    shown = lines[0].target
    assert shown == lines[1].target
    with pytest.raises(UsageError) as refused:
        _meant(lines, Options(target=(shown,)))
    for choice in ("21:00 LP (1 of 2 targets of that look) on S50", "21:01 LP (2 of 2"):
        assert choice in str(refused.value)
    assert _meant(lines, Options(target=("M 82",))) == lines[2:]
    assert _meant(lines, Options()) == lines


def test_two_targets_that_look_alike_are_told_apart_by_scope_and_block() -> None:
    lines = twins(order(LOOK_ALIKE[0], "S50", 0), order(LOOK_ALIKE[1], "S30", 15))
    shown = lines[0].target
    assert _meant(lines, Options(target=(shown,), scope="S30")) == lines[1:]
    assert _meant(lines, Options(target=(shown,), block="21:00")) == lines[:1]


def test_one_target_on_two_telescopes_is_one() -> None:
    lines = twins(order("M 81", "S50", 0), order("M 81", "S30", 15), order("M 82", "S30", 30))
    assert _meant(lines, Options(target=("m81",))) == lines[:2]
    assert [line.twin for line in lines] == [0, 0, 0]
