"""A friend's plan whose runs are dated beyond reason."""

import msgspec
import pytest

from crowdsky_tui.plan.exchange import FORMAT, VERSION
from crowdsky_tui.plan.plan_file import not_again, read_plan


def plan_with(start: str, end: str) -> bytes:
    run = {"scope": "S50", "target": "u1", "name": "M 81", "start": start, "end": end}
    return msgspec.json.encode({"format": FORMAT, "version": VERSION, "targets": [], "runs": [run]})


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("0001-01-01T00:00:00+14:00", "0001-01-01T01:00:00+14:00"),
        ("9999-12-31T23:00:00-12:00", "9999-12-31T23:50:00-12:00"),
        ("9999-12-31T23:40:00Z", "9999-12-31T23:59:00Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:15:00Z"),
        ("2026-02-27T22:00:00", "2026-02-27T22:15:00"),
    ],
)
def test_a_run_that_cannot_be_is_refused_and_named(start: str, end: str) -> None:
    found = read_plan(plan_with(start, end), ())
    assert found.runs == () and not_again(found.runs) == ()
    assert [each.name for each in found.read.refused] == ["run"]


def test_one_of_a_night_is_not_observed_again() -> None:
    found = read_plan(plan_with("2026-02-27T22:00:00Z", "2026-02-27T22:30:00Z"), ())
    assert [f"{each.start:%H:%M}" for each in not_again(found.runs) if each.start] == [
        "22:00",
        "22:15",
    ]
