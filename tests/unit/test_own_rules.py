"""Constraints and factors of the user's own, by their entry point."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_schedule import AT_19, M_42, candidate, planned, veto_at

from crowdsky_tui.scheduling import planner
from crowdsky_tui.scheduling.constraints import Veto


class NoSwans:
    name = "no swans"
    words = "{figure:.0f} swan, at most {limit:.0f}"

    def veto(self, view: Any) -> Veto:
        swans = np.array([[each.name.endswith("Cyg")] for each in view.candidates])
        return Veto(swans, swans * 1.0, np.array(0.0))


class Wish:
    name, weight = "wish", 0.5

    def values(self, view: Any, free: Any) -> Any:
        return np.array([[each.name == "M 42"] for each in view.candidates]) * 1.0


def broken() -> Any:
    raise RuntimeError("mine")


class SlowOrigin:
    name, words = "late", ""

    def veto(self, view: Any) -> Veto:
        raise KeyError("no such thing")


def own(monkeypatch: pytest.MonkeyPatch, **rules: Any) -> None:
    rows = tuple((name, lambda rule=rule: rule) for name, rule in rules.items())
    monkeypatch.setattr(planner, "own_rules", lambda: rows)


def test_a_users_own_constraint_and_factor_count(monkeypatch: pytest.MonkeyPatch) -> None:
    own(monkeypatch, swans=NoSwans, wish=Wish)
    schedule = planned(candidate("SS Cyg"), candidate("M 42", M_42))
    number = [name for _, name in schedule.targets].index("SS Cyg")
    assert veto_at(schedule, AT_19, number) == "no swans: 1 swan, at most 0"
    assert {run.name for run in schedule.runs} == {"M 42"}
    assert "wish" in {name for name, _, _ in schedule.parts(0, 0)}


def test_the_documented_rules_work(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "planning.md").read_text()
    code = page.partition("```python\n")[2].partition("```")[0]
    made: dict[str, Any] = {}
    exec(code, made)
    own(monkeypatch, lamp=made["NeighboursLamp"], long_names=made["LongNames"])
    schedule = planned(candidate("east", (90.0, 35.0)), candidate("SS Cyg"))
    assert schedule.notes == []
    east = [name for _, name in schedule.targets].index("east")
    reasons = {veto_at(schedule, each, east) for each in schedule.slots}
    assert any(each.startswith("lamp: azimuth ") and "free from 135°" in each for each in reasons)
    assert "long name" in {name for name, _, _ in schedule.parts(0, 0)}


def test_a_users_own_that_breaks_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    own(monkeypatch, bad=broken, late=SlowOrigin)
    schedule = planned(candidate("SS Cyg"))
    assert schedule.runs
    assert [note.split()[1] for note in schedule.notes] == ["bad", "late"]


def test_users_own_are_found_by_their_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    class Point:
        name = "swans"

        def load(self) -> type[NoSwans]:
            return NoSwans

    def points(group: str) -> list[Point]:
        assert group == "crowdsky_tui.constraints"
        return [Point()]

    monkeypatch.setattr(planner, "entry_points", points)
    planner.own_rules.cache_clear()
    try:
        assert planned(candidate("SS Cyg")).runs == []
    finally:
        planner.own_rules.cache_clear()
