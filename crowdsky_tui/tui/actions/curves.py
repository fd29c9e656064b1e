"""What the key for the projects' curves does."""

from typing import TYPE_CHECKING

from crowdsky_tui.tui.desk import Desk, Pane

if TYPE_CHECKING:
    from crowdsky_tui.curves.stars import StarRow

FORMS = {
    "csv": "CSV: all points, good and bad",
    "ecsv": "ECSV: the same with types and units",
    "aavso": "AAVSO Extended: the good points, each line checked",
    "etd": "ETD: BJD, magnitude, error",
    "vsnet": "VSNET: one report a line",
    "bav": "BAV: times of minima, O−C",
    "parquet": "Parquet: all points with their places",
    "hats": "HATS: a catalogue for survey-scale tools",
}


REPORTS = frozenset({"aavso", "vsnet", "bav"})
"""Forms that bear the observer's code."""


async def curves(desk: Desk) -> None:
    """Show the curves until they are left, the selected target's first."""
    from crowdsky_tui.night.calls.curve_analysis import AnalyseCurve, BinCurve
    from crowdsky_tui.night.calls.curves import (
        JudgePoint,
        ListCurves,
        SearchPeriods,
        ShowCurve,
        ShowCurveFrame,
        ShowSurveys,
    )
    from crowdsky_tui.site.place import zone_of
    from crowdsky_tui.tui.screens.curve_commands import curves_with
    from crowdsky_tui.tui.screens.curve_findings import Sources

    night = desk.night
    sources = Sources(
        lambda: night.do(ListCurves()),
        lambda row: night.do(ShowCurve(row.project, row.star)),
        lambda row: night.do(ShowSurveys(row.project, row.star)),
        lambda row, point, width, height: night.do(
            ShowCurveFrame(row.project, point.frame, point.frame_name, width, height)
        ),
        lambda row, point, reject: night.do(JudgePoint(row.project, row.star, point.frame, reject)),
        lambda row, curve: night.do(
            SearchPeriods(row.project, row.star, curve.band, curve.telescope)
        ),
        lambda row, curve, finding, frame: night.do(
            AnalyseCurve(row.project, row.star, curve.band, curve.telescope, finding, frame)
        ),
        lambda row, curve: night.do(BinCurve(row.project, row.star, curve.band, curve.telescope)),
        lambda row: _export(desk, row),
    )
    target = desk.target()
    name = target.target if target is not None and desk.pane in (Pane.TARGETS, Pane.BLOCKS) else ""
    screen = curves_with(night.settings.commands)
    await desk.show(screen(sources, zone_of(night.settings), name))


async def _export(desk: Desk, row: "StarRow") -> None:
    """Ask what kind of file, and write it."""
    from crowdsky_tui.night.calls.curves import ExportCurve
    from crowdsky_tui.tui.screens.choice import Choice
    from crowdsky_tui.tui.screens.form import Field, Form

    lines = [f"The file lies in {desk.night.settings.pictures}; nothing is overwritten."]
    chosen = await desk.show(Choice(f"Export {row.star}", lines, list(FORMS.values())))
    if not isinstance(chosen, int):
        return
    form, observer, chart = list(FORMS)[chosen], "", ""
    if form in REPORTS:
        about, fields = [], [Field("observer code")]
        if form == "aavso":
            about = ["The chart's id is that of the comparison stars, or words for another one."]
            fields.append(Field("chart"))
        typed = await desk.show(Form(f"Report {row.star}", about, fields, "write it"))
        if typed is None:
            return
        observer, chart = [*typed, ""][:2]
    desk.say(await desk.night.do(ExportCurve(row.project, row.star, form, observer, chart)))
