"""Which targets are wanted now, by what of them is proved."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crowdsky_tui.plan.due import due_of
from crowdsky_tui.plan.proved import newest
from crowdsky_tui.plan.target import Kind, new_target
from crowdsky_tui.plan.timeliness import Before, Between, Every

NOW = datetime(2026, 11, 28, 20, tzinfo=UTC)


def days(number: float) -> timedelta:
    return timedelta(days=number)


@pytest.mark.parametrize(
    ("last_d", "more", "due", "words"),
    [
        (None, {}, True, "never observed"),
        (1.0, {}, True, "1.0 d ago"),
        (None, {"kind": Kind.MONITOR}, True, "never observed"),
        (2.9, {"kind": Kind.MONITOR}, False, "2.9 d ago, again in 0.1 d"),
        (3.0, {"kind": Kind.MONITOR}, True, "3.0 d ago, every 3 d"),
        (2.2, {"timeliness": (Every(3.0, 1.0),)}, True, "2.2 d ago, every 3 d"),
        (1.9, {"timeliness": (Every(3.0, 1.0),)}, False, "1.9 d ago, again in 0.1 d"),
        (None, {"state": "paused"}, False, "paused"),
        (None, {"state": "draft"}, False, "draft"),
        (None, {"expires": NOW}, False, "expired"),
        (None, {"timeliness": (Before(NOW),)}, False, "its time is over"),
        (None, {"timeliness": (Before(NOW + days(1)),)}, True, "never observed"),
        (None, {"timeliness": (Between(NOW + days(0.4), NOW + days(1)),)}, True, "never observed"),
        (
            None,
            {"timeliness": (Between(NOW + days(2), NOW + days(3)),)},
            False,
            "from 2026-11-30 20:00 UTC",
        ),
        (None, {"timeliness": (Between(NOW - days(2), NOW),)}, False, "its time is over"),
        (
            None,
            {
                "timeliness": (
                    Between(NOW - days(2), NOW - days(1)),
                    Between(NOW, NOW + days(1)),
                )
            },
            True,
            "never observed",
        ),
    ],
)
def test_a_target_is_due_or_not_and_says_why(
    last_d: float | None, more: dict[str, Any], due: bool, words: str
) -> None:
    target = new_target("T CrB", 239.9, 25.9, **more)
    proved = {} if last_d is None else newest([("T CrB", NOW - days(last_d))])
    found = due_of(target, proved, NOW)
    assert (found.due, found.words) == (due, words)


def test_any_spelling_and_any_of_its_names_counts_and_the_newest_is_taken() -> None:
    proved = newest([("tcrb", NOW - days(9)), ("HD 143454", NOW - days(2)), ("M 81", NOW)])
    target = new_target("T CrB", 239.9, 25.9, alt_names=("hd143454",))
    assert due_of(target, proved, NOW).last == NOW - days(2)
