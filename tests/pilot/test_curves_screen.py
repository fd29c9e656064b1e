"""The projects' curves, by keys."""

import pytest
from driven import Drive, Driven
from stub_curves import curves

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.night.calls.curve_analysis import AnalyseCurve, BinCurve
from crowdsky_tui.night.calls.curves import (
    ExportCurve,
    JudgePoint,
    SearchPeriods,
    ShowCurve,
    ShowCurveFrame,
)
from crowdsky_tui.tui.desk import Pane
from crowdsky_tui.tui.screens.choice import Choice
from crowdsky_tui.tui.screens.curves import CurvesScreen
from crowdsky_tui.tui.screens.form import Form
from crowdsky_tui.tui.screens.one_picture import OnePictureScreen


async def opened(driven: Driven, *keys: str) -> CurvesScreen:
    """The screen, gone to T CrB."""
    await driven.press("3", "7")
    await driven.rest()
    screen = driven.showing
    assert isinstance(screen, CurvesScreen)
    await driven.press("down")
    await driven.rest()
    await driven.press(*keys)
    await driven.rest()
    return screen


def calls_of(driven: Driven, kind: type) -> list[object]:
    return [each for each in driven.night.stub_calls.asked if isinstance(each, kind)]


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_the_list_the_plot_and_the_point_are_there(
    drive: Drive, size: tuple[int, int]
) -> None:
    async with drive("full", size=size) as driven:
        await opened(driven)
        text = driven.text()

        for seen in ("3 stars, 1 varied", "M 81", "T CrB", "TG     31/32", "± 0.021",
                     "varied 0.46, low 21 Nov 01:44", "rms 0.015", "no measured frame shows it",
                     "Stacked_31.fit", "14 comparison stars", "● good ○ bad"):  # fmt: skip
            assert seen in text, seen
        assert text.count("●") > 10, "good points"
        assert text.count("○") == 2, "the cloud's, and the legend's"
        assert "esc leave" in "".join(text.splitlines()[-2:])


async def test_fainter_is_lower(drive: Drive) -> None:
    async with drive("full", size=(100, 40)) as driven:
        await opened(driven)
        lines = driven.text().splitlines()
        cloud = next(at for at, line in enumerate(lines) if "○" in line)
        last_good = max(at for at, line in enumerate(lines) if "●" in line and "good" not in line)
        assert cloud > last_good


async def test_one_key_leads_from_a_targets_row_to_its_curve(drive: Drive) -> None:
    async with drive("full") as driven:
        driven.main.go(Pane.TARGETS)
        driven.main.targets.table.select(1)
        await driven.settle()
        await driven.press("7")
        await driven.rest()
        assert driven.showing.chosen.star == "M 81"
        assert calls_of(driven, ShowCurve) == [ShowCurve("autumn", "M 81")]


async def test_a_field_leads_to_the_first_star_that_its_frames_show(drive: Drive) -> None:
    async with drive("full") as driven:
        table = driven.main.targets.table
        driven.main.go(Pane.TARGETS)
        for number in range(3):
            table.select(number)
            target = driven.main.target()
            if target is not None and target.target == "NGC 7000":
                break
        await driven.settle()
        await driven.press("7")
        await driven.rest()
        assert driven.showing.chosen.star == "T CrB"
        assert "No project has" not in driven.text()


async def test_a_target_of_no_project_is_told(drive: Drive) -> None:
    async with drive("full") as driven:
        driven.main.go(Pane.TARGETS)
        driven.main.targets.table.select(0)
        target = driven.main.target()
        assert target is not None
        name = target.target
        assert name not in ("M 81", "T CrB", "SS Cyg")
        await driven.settle()
        await driven.press("7")
        await driven.rest()
        assert f"No project has {name} among its targets" in driven.text()


async def test_the_cursor_goes_over_points_and_bands(drive: Drive) -> None:
    async with drive("full") as driven:
        screen = await opened(driven, "left", "left")
        assert screen.point is not None and screen.point.frame_name == "Stacked_29.fit"
        await driven.press("home", "left")
        assert screen.point.frame_name == "Stacked_00.fit"
        await driven.press("end")
        assert screen.point.frame_name == "Stacked_31.fit"
        await driven.press("tab")
        assert screen.curve is not None and screen.curve.band == "LP"
        assert "LP     31/32" in driven.text()
        await driven.press("tab")
        assert screen.curve.band == "TG"


async def test_bad_points_are_hidden_and_shown_by_their_bits(drive: Drive) -> None:
    async with drive("full") as driven:
        screen = await opened(driven, "left")
        assert "cloud" in driven.text() and "Stacked_30.fit" in driven.text()
        await driven.press("B")
        text = driven.text()
        assert "bad ones are hidden" in text and text.count("○") == 1
        assert screen.point is not None and screen.point.good
        await driven.press("B")
        assert driven.text().count("○") == 2


async def test_a_point_is_rejected_and_kept_again_with_the_same_key(drive: Drive) -> None:
    async with drive("full") as driven:
        screen = await opened(driven, "home", "x")
        frame = curves("T CrB")[0].points[0].frame
        assert calls_of(driven, JudgePoint) == [JudgePoint("autumn", "T CrB", frame, reject=True)]
        assert screen.point is not None and screen.point.frame == frame and not screen.point.good
        assert "rejected  Stacked_00.fit" in driven.text()
        await driven.press("x")
        await driven.rest()
        assert calls_of(driven, JudgePoint)[-1] == JudgePoint(
            "autumn", "T CrB", frame, reject=False
        )
        assert screen.point.good


async def test_who_may_only_look_is_told_so_and_nothing_changes(drive: Drive) -> None:
    async with drive("full") as driven:
        driven.night.stub_calls.failures[JudgePoint] = UsageError("this app may only look")
        screen = await opened(driven, "home", "x")
        assert any("this app may only look" in each for each in driven.notices())
        assert screen.point is not None and screen.point.good


async def test_enter_leads_to_the_frames_picture_and_esc_back(drive: Drive) -> None:
    async with drive("full") as driven:
        await opened(driven, "left", "enter")
        assert isinstance(driven.showing, OnePictureScreen)
        (call,) = calls_of(driven, ShowCurveFrame)
        assert isinstance(call, ShowCurveFrame) and call.name == "Stacked_30.fit"
        assert call.frame == curves("T CrB")[0].points[30].frame
        assert "▀" in driven.text() and "Stacked_30.fit" in driven.text()
        await driven.press("escape")
        assert isinstance(driven.showing, CurvesScreen)
        assert driven.showing.point.frame_name == "Stacked_30.fit"


async def test_a_curve_is_folded_on_a_typed_period_and_unfolded(drive: Drive) -> None:
    async with drive("full", size=(100, 40)) as driven:
        screen = await opened(driven, "p")
        assert isinstance(driven.showing, Form)
        await driven.press(*"0.32", "enter")
        await driven.rest()
        assert driven.app.screen_stack[-1] == screen
        text = driven.text()
        assert "folded on 0.32 d" in text and "phase" in text and "2.0" in text
        before = text.count("●")
        await driven.press("p")
        text = driven.text()
        assert "folded" not in text and text.count("●") < before, "two cycles were drawn"
        await driven.press("p", "enter")
        await driven.rest()
        assert "folded on 0.32 d" in driven.text(), "it is remembered"


@pytest.mark.parametrize("typed", ["0", "-1", "x", "1e9", "nan"])
async def test_what_is_no_period_is_refused(drive: Drive, typed: str) -> None:
    async with drive("full") as driven:
        await opened(driven, "p")
        keys = ["minus" if each == "-" else each for each in typed]
        await driven.press(*keys, "enter")
        await driven.rest()
        assert "folded" not in driven.text()
        assert any("A period has" in each for each in driven.notices())


async def test_a_period_is_never_shown_without_its_aliases_and_folds_what_is_chosen(
    drive: Drive,
) -> None:
    async with drive("full", size=(100, 40)) as driven:
        await opened(driven, "P")
        assert isinstance(driven.showing, Choice)
        text = driven.text()
        for words in ("0.32 d, power 0.930", "0.64 d, twice that", "0.4706 d, -1 c/d, as good"):
            assert words in text, words
        assert calls_of(driven, SearchPeriods) == [
            SearchPeriods("autumn", "T CrB", "TG", "S50 a349")
        ]
        await driven.press("down", "down", "enter")
        await driven.rest()
        assert "folded on 0.4706 d" in driven.text()


async def test_that_no_period_can_be_told_is_said(drive: Drive) -> None:
    async with drive("full") as driven:
        driven.night.stub_calls.failures[SearchPeriods] = UsageError("too few good points")
        await opened(driven, "P")
        assert any("too few good points" in each for each in driven.notices())
        assert isinstance(driven.showing, CurvesScreen)


async def test_a_curve_is_exported_for_the_aavso_with_observer_and_chart(drive: Drive) -> None:
    async with drive("full") as driven:
        await opened(driven, "e")
        assert isinstance(driven.showing, Choice)
        await driven.press("down", "down", "enter")
        assert isinstance(driven.showing, Form)
        await driven.press(*"ABC", "enter", *"X1", "enter")
        await driven.rest()
        (call,) = calls_of(driven, ExportCurve)
        assert call == ExportCurve("autumn", "T CrB", "aavso", "ABC", "X1")
        assert any("32 points written" in each for each in driven.notices())


async def test_leaving_the_export_writes_nothing(drive: Drive) -> None:
    async with drive("full") as driven:
        await opened(driven, "e", "escape")
        assert calls_of(driven, ExportCurve) == []
        assert isinstance(driven.showing, CurvesScreen)


async def test_surveys_are_drawn_over_the_curve_and_taken_away_again(drive: Drive) -> None:
    async with drive("full", size=(100, 40)) as driven:
        await opened(driven)
        before = driven.text()
        await driven.press("o")
        await driven.rest()
        text = driven.text()

        for seen in ("+ ztf zg (12)", "* atlas o (3)", "v fainter", "days are as they tell them"):
            assert seen in text, seen
        assert text.count("+") > before.count("+") + 6
        await driven.press("o")
        assert driven.text() == before


async def test_a_star_that_no_survey_was_asked_for_is_told_how(drive: Drive) -> None:
    async with drive("full") as driven:
        await opened(driven, "up", "o")

        assert any("curves fetch autumn" in str(each) for each in driven.notices())


@pytest.mark.parametrize(
    ("key", "finding", "words"),
    [("m", "minimum", "± 0.00061 d"), ("v", "events", "nothing happened that stands out"),
     ("i", "recovery", "would have been seen from 0.11 mag")],
)  # fmt: skip
async def test_a_key_works_something_out_of_the_curve_and_the_points_night(
    drive: Drive, key: str, finding: str, words: str
) -> None:
    async with drive("full", size=(100, 40)) as driven:
        await opened(driven, "home", key)
        assert isinstance(driven.showing, Choice) and words in driven.text()
        frame = curves("T CrB")[0].points[0].frame
        (call,) = calls_of(driven, AnalyseCurve)
        assert call == AnalyseCurve("autumn", "T CrB", "TG", "S50 a349", finding, frame)  # type: ignore[arg-type]
        await driven.press("escape")
        assert isinstance(driven.showing, CurvesScreen)


async def test_what_cannot_be_worked_out_is_said(drive: Drive) -> None:
    async with drive("full") as driven:
        driven.night.stub_calls.failures[AnalyseCurve] = UsageError("No minimum")
        driven.night.stub_calls.failures[BinCurve] = UsageError("No bins")
        await opened(driven, "m", "b")
        assert any("No minimum" in each for each in driven.notices())
        assert any("No bins" in each for each in driven.notices())
        assert isinstance(driven.showing, CurvesScreen)


async def test_means_of_nights_are_drawn_over_the_points_and_taken_away_again(drive: Drive) -> None:
    async with drive("full", size=(100, 40)) as driven:
        await opened(driven)
        before = driven.text()
        await driven.press("b")
        await driven.rest()
        assert "◆ means of 1 nights" in driven.text() and driven.text().count("◆") == 2
        await driven.press("b")
        assert driven.text() == before
