"""A night runs from noon to noon by the scope's clock; it is decided in one place."""

import ast
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import crowdsky_tui
from crowdsky_tui.blocks.nights import last_night, night_of, quarter_of_night

SOURCES = Path(crowdsky_tui.__file__).parent
ZONES = st.one_of(
    st.none(),
    st.sampled_from([UTC, ZoneInfo("Europe/Vienna"), ZoneInfo("Pacific/Auckland")]),
    st.integers(-14 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters))),
)
MOMENTS = st.builds(
    lambda moment, zone: moment.replace(tzinfo=zone),
    st.datetimes(datetime(2020, 1, 2), datetime(2100, 1, 1)),
    ZONES,
)


@pytest.mark.parametrize(
    ("hour", "night"), [("20 12:00", 20), ("20 23:59", 20), ("21 00:00", 20), ("21 11:59", 20)]
)
def test_a_night_begins_at_noon_and_is_called_by_its_evening(hour: str, night: int) -> None:
    moment = datetime.strptime(f"2026-11-{hour}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    assert night_of(moment) == date(2026, 11, night)


@given(MOMENTS)
def test_evening_and_morning_are_one_night(moment: datetime) -> None:
    evening = moment.hour >= 12
    assert night_of(moment) == moment.date() - timedelta(days=0 if evening else 1)
    assert last_night(moment) == moment.date() - timedelta(days=1)


@given(MOMENTS)
def test_quarters_count_from_noon(moment: datetime) -> None:
    quarter = quarter_of_night(moment)
    assert 0 <= quarter < 96
    noon = datetime.combine(night_of(moment), datetime.min.time()) + timedelta(hours=12)
    since = moment.replace(tzinfo=None) - noon
    assert quarter == since // timedelta(minutes=15)


def test_nobody_else_decides_it() -> None:
    """No other module takes half a day from a moment, or has a function of such a name."""
    wrong = []
    for path in SOURCES.rglob("*.py"):
        if path == SOURCES / "blocks/nights.py" or "simulator" in path.parts:
            continue
        text = path.read_text()
        if "night_of" not in text and "hours=12" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                decides = "night_of" in node.name
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
                decides = "timedelta(hours=12)" in ast.unparse(node.right)
            else:
                continue
            if decides:
                wrong.append(f"{path.relative_to(SOURCES)}:{node.lineno}")
    assert wrong == []
