"""What front ends leave out, put first or never show alone."""

import pytest
from msgspec.structs import replace
from situations import a_situation
from test_stack_review import order

from crowdsky_tui.curves.periods import Searched
from crowdsky_tui.curves.survey_points import SurveySeries
from crowdsky_tui.jobs.review import Mark
from crowdsky_tui.review.stack_review import ReviewItem
from crowdsky_tui.store.store import BlockState
from crowdsky_tui.timeseries.results import Alias, Candidate
from crowdsky_tui.timeseries.surveys.messages import SurveyPoint, TimeScale
from crowdsky_tui.tui.format.curves import Fold, period_answers
from crowdsky_tui.tui.format.survey_marks import survey_legend, survey_marks
from crowdsky_tui.tui.screens.review_items import first_place, is_shown
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.table import Table


def item(number: int, state: BlockState = BlockState.FETCHED, mark: Mark = Mark.NONE) -> ReviewItem:
    block = a_situation(order(number), state).block
    return ReviewItem(str(number), block, fetched=True, mark=mark)


@pytest.mark.parametrize(
    ("state", "mark", "shown"),
    [
        (BlockState.FETCHED, Mark.NONE, True),
        (BlockState.REJECTED, Mark.REJECTED, True),
        (BlockState.SENT, Mark.KEPT, False),
        (BlockState.CONFIRMED, Mark.NONE, False),
    ],
)
def test_decided_stacks_that_are_sent_are_shown_only_if_asked_for(
    state: BlockState, mark: Mark, shown: bool
) -> None:
    one = item(1, state, mark)
    assert is_shown(one, None) is shown
    assert is_shown(one, item(2).block.key) is shown
    assert is_shown(one, one.block.key)


def test_the_wanted_stack_is_the_first_place_and_else_the_first_undecided_one() -> None:
    decided, open_one, wanted = item(1, mark=Mark.KEPT), item(2), item(3, mark=Mark.HELD)
    assert first_place([decided, open_one, wanted], wanted.block.key) == 2
    assert first_place([decided, open_one, wanted], None) == 1
    assert first_place([decided, open_one, wanted], item(4).block.key) == 1
    assert first_place([decided, wanted], None) == 0


def candidate(period: float, *family: float, double: bool = False) -> Candidate:
    aliases = tuple(Alias("f + 1/d", 1 / each, each, 0.5, rival=True) for each in family)
    return Candidate(
        1 / period, period, None, 0.6, 0.7, 1e-9, 0.2, believed=True, double=double, family=aliases
    )


def test_a_period_never_stands_without_its_kin() -> None:
    found = Searched(0.1, 10.0, (candidate(0.4, 0.3, 0.6, double=True), candidate(2.0, 5.0)))
    periods = [round(period, 6) for period, _ in period_answers(found)]
    assert periods == [0.4, 0.8, 0.3, 0.6, 2.0, 5.0], "the best first, each with twice and aliases"
    assert "twice that" in period_answers(found)[1][1]


def series(survey: str, band: str, *points: SurveyPoint, system: str = "STD") -> SurveySeries:
    return SurveySeries(
        survey=survey, band=band, series="", system=system, scale=TimeScale.HJD_UTC, points=points
    )


def test_surveys_are_drawn_by_glyphs_of_their_own_and_never_as_one_curve() -> None:
    point = SurveyPoint(day=2460000.5, mag=12.0)
    marks = survey_marks([series("ZTF", "zg", point), series("ATLAS", "o", point)], None)
    assert len({glyph for glyph, _ in marks}) == len(marks) == 2
    parts = survey_marks([series("ZTF", "zg", point), series("ZTF", "zg", point)], None)
    assert len(parts) == 1, "two series of one band share its glyph"


def test_differences_are_never_drawn_among_magnitudes_and_a_limit_is_none() -> None:
    point = SurveyPoint(day=2460000.5, mag=12.0)
    assert survey_marks([series("ZTF", "zg", point, system="DIFF")], None) == ()
    limit = series("ZTF", "zg", replace(point, limit=True))
    assert [glyph for glyph, _ in survey_marks([limit], None)] == ["v"]
    assert "v fainter" in survey_legend([limit])


def test_a_folded_survey_is_drawn_in_both_cycles() -> None:
    point = SurveyPoint(day=2460000.25, mag=12.0)
    ((_, places),) = survey_marks([series("ZTF", "zg", point)], Fold(1.0, 2460000.0))
    assert [round(phase, 6) for phase, _ in places] == [0.25, 1.25]


def test_what_is_filtered_out_is_never_among_the_marked() -> None:
    table: Table[str] = Table([Column("n", 8)], lambda name: ((name, ""),), lambda name: name)
    table.show(["one", "two", "three"], "")
    table.marks.toggle("one")
    table.marks.toggle("two")
    table.set_filter("tw")
    assert (table.marked, table.chosen) == (["two"], ["two"])
    table.set_filter("thr")
    assert table.marked == [], "the one under the cursor counts then"
    table.set_filter("")
    assert table.marked == ["one", "two"], "the marks themselves stay"
