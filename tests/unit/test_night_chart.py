"""The chart of one target's night, by its signs."""

from datetime import UTC, datetime, timedelta

from crowdsky_tui.plan.plan_view import Explained, PlanView
from crowdsky_tui.tui.format.night_chart import night_chart

FIRST = datetime(2026, 11, 20, 17, tzinfo=UTC)
SLOTS = tuple(FIRST + timedelta(minutes=15 * number) for number in range(40))
VIEW = PlanView(
    "2026-11-20", SLOTS, ("S50",), (), ((0,) * 10 + (-1,) * 30,),
    moon_deg=(75.0,) * 40, sun_deg=(-14.0,) * 2 + (-30.0,) * 38,
)  # fmt: skip
WAY = Explained((), (50.0,) * 40, (20.0,) * 20 + (0.0,) * 20)


def lines_of(way: Explained = WAY, size: tuple[int, int] = (85, 20), cursor: int = 30) -> list[str]:
    drawn = night_chart(VIEW, 0, way, cursor, size, UTC)
    return ["".join(text for text, _ in line) for line in drawn]


def test_way_blocks_trees_moon_and_twilight_are_told_by_their_signs() -> None:
    lines = lines_of()
    assert len(lines) == 20
    path = next(line for line in lines if "#" in line)
    assert path.count("#") == 20, "ten blocks of two cells"
    assert sum(path.count(each) for each in "⠉⠒⠤⣀") == 60, "the rest of the way"
    assert lines[0][5:9] == "~~~~" and lines[0].count("~") == 4
    assert max(line.count("░") for line in lines) == 40, "trees for half the night"
    assert any(line.count("o") == 80 for line in lines)
    assert lines[-2].strip().startswith("17:00") and "02:00" in lines[-2]
    assert all(sign in lines[-1] for sign in "⠒#o░~")


def test_what_is_higher_stands_higher_and_what_has_set_is_not_drawn() -> None:
    rising = lines_of(Explained((), tuple(2.0 * n - 20 for n in range(40)), (0.0,) * 40))
    rows = {x: row for row, line in enumerate(rising[:-2]) for x, sign in enumerate(line)
            if x > 4 and sign in "⠉⠒⠤⣀#"}  # fmt: skip
    assert min(rows) >= 5 + 18, "nothing under the ground"
    ordered = [rows[x] for x in sorted(rows)]
    assert ordered == sorted(ordered, reverse=True) and ordered[0] - ordered[-1] > 8


def test_the_cursor_stands_in_its_block() -> None:
    columns = {line.index("│") for line in lines_of(cursor=30) if "│" in line}
    assert columns == {5 + 60}


def test_there_is_no_chart_without_room_or_without_the_way() -> None:
    assert lines_of(size=(85, 5)) == [] and lines_of(size=(12, 20)) == []
    assert lines_of(Explained()) == []
