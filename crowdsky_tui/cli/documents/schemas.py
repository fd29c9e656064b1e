"""The JSON Schema of each document that `--json` prints, by the verb that prints it."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.documents import archive, curves, look, night, plan
from crowdsky_tui.cli.verbs.scopes import ScopeLine
from crowdsky_tui.database.exchange import Imported
from crowdsky_tui.database.record import Record
from crowdsky_tui.doctor.check import Check
from crowdsky_tui.report.report import Report
from crowdsky_tui.services.crowdsky.frames import ArchiveFrame
from crowdsky_tui.services.crowdsky.rows import ServerStack
from crowdsky_tui.services.telescope_org.records import Details, Weather

DRAFT = "https://json-schema.org/draft/2020-12/schema"
STREAMS = ("log", "log show")
"""Of these the schema is that of one line."""
DOCUMENTS: Mapping[str, tuple[Any, ...]] = {
    "--check-update": (look.Update,),
    "agent": (look.UnitWritten,),
    "alerts list": (plan.Alerts,),
    "alerts look": (plan.AlertLooks,),
    "alerts take": (plan.AlertTaken,),
    "alerts ignore": (plan.AlertLeft,),
    "alerts add": (plan.AlertLook,),
    "alerts star": (plan.StarOfVsx,),
    "alerts chart": (plan.StarChart,),
    "archive list": (archive.Frames,),
    "archive index": (archive.Indexed,),
    "archive fetch": (archive.Brought,),
    "archive rm": (archive.Removed,),
    "archive stacks": (archive.Stacks,),
    "blocks": (list[night.Block],),
    "bundle": (look.Bundle,),
    "clean": (night.Cleaned,),
    "config path": (look.SettingsFiles,),
    "config show": (dict[str, look.SettingShown],),
    "config get": (dict[str, Any],),
    "config set": (look.SettingsSaved,),
    "config unset": (look.SettingsUnset,),
    "coverage": (look.Covered,),
    "curves project": (curves.ProjectShown,),
    "curves index": (curves.FramesIndexed,),
    "curves run": (curves.Ran,),
    "curves show": (curves.Curves,),
    "curves coverage": (curves.Counts,),
    "curves ephemeris": (curves.VsxAnswers,),
    "curves export": (curves.Exported,),
    "curves delete": (curves.Deleted,),
    "curves check": (curves.Checked,),
    "curves diff": (curves.Differs,),
    "curves surveys": (curves.SurveysKnown,),
    "curves fetch": (curves.SurveysFetched,),
    "curves survey-points": (curves.SurveyPoints,),
    "curves import": (curves.SurveyImported,),
    "curves measure": (curves.Measured,),
    "curves period": (curves.Periods,),
    "curves fold": (curves.Folds,),
    "curves minimum": (curves.Minimum,),
    "curves minima": (curves.Minima,),
    "curves bins": (curves.Bins,),
    "curves events": (curves.Events,),
    "curves inject": (curves.Tried,),
    "database show": (look.RowCounts,),
    "database export": (look.RowCounts,),
    "database import": (Imported,),
    "doctor": (list[Check],),
    "download": (night.Downloaded,),
    "fetch-frame": (night.FramesFetched,),
    "film": (look.FilmMade,),
    "frames": (list[ArchiveFrame],),
    "instruments list": (plan.Tree,),
    "instruments export": (plan.Tree,),
    "instruments show": (plan.Instrument,),
    "instruments find": (plan.Servers,),
    "instruments add": (plan.InstrumentAdded,),
    "instruments status": (dict[str, Any],),
    "instruments goto": (plan.InstrumentResult,),
    "instruments park": (plan.InstrumentResult,),
    "instruments stop": (plan.InstrumentResult,),
    "instruments expose": (plan.Exposed,),
    "instruments filter": (plan.InstrumentResult,),
    "instruments switch": (plan.InstrumentResult,),
    "instruments heater": (plan.InstrumentResult,),
    "instruments focus": (plan.InstrumentResult, plan.Swept),
    "log show": (Record,),
    "log runs": (look.Runs,),
    "log plot": (look.Plotted,),
    "log clear": (look.RecordsDeleted,),
    "picture": (look.PicturesMade,),
    "plan tonight": (plan.Night,),
    "plan why": (plan.WhyTarget,),
    "plan slot": (list[plan.WhyRow],),
    "plan pin": (plan.Decided,),
    "plan skip": (plan.Decided,),
    "plan pause": (plan.Decided,),
    "plan stop": (plan.Decided,),
    "plan resume": (plan.TakenBack,),
    "plan run": (plan.TakenBack,),
    "plan next": (plan.DecidedAll,),
    "plan export": (plan.PlanWritten,),
    "plan import": (plan.PlanRead,),
    "purge": (night.Purged,),
    "raw-upload": (night.RawSent,),
    "remote login": (archive.Folders,),
    "remote folders": (archive.Folders,),
    "remote requests": (archive.Requests,),
    "remote request": (archive.JobsOfRequests,),
    "remote job": (Details,),
    "remote jobs": (archive.JobsFound,),
    "remote search": (archive.JobsFound,),
    "remote import": (archive.Imported,),
    "remote weather": (Weather,),
    "remote fetch": (archive.Fetched,),
    "remote submit": (archive.Submitted,),
    "remote queue": (archive.Jobs,),
    "remote cancel": (archive.Jobs,),
    "remote clear": (archive.Cleared,),
    "report": (Report,),
    "scope": (night.ScopeResult,),
    "scope status": (list[look.Status],),
    "scopes": (list[ScopeLine],),
    "sensors read": (look.SensorsRead, look.SensorsNamed),
    "sensors list": (look.SensorsNamed,),
    "sensors ports": (look.Ports,),
    "serve": (look.Served,),
    "settle": (night.Settled,),
    "site show": (look.SiteShown,),
    "site horizon": (look.HorizonLine,),
    "site ask": (look.PlaceKept,),
    "site gps": (look.PlaceKept,),
    "sky tonight": (look.NightTimes,),
    "sky up": (list[look.Gap],),
    "sky at": (look.Direction,),
    "sky track": (look.Track,),
    "stack": (night.StackedTarget, night.StackedAll),
    "stacks": (list[ServerStack],),
    "status": (list[look.Status],),
    "sync": (night.Synced,),
    "target list": (plan.Targets,),
    "target add": (plan.TargetChanged,),
    "target set": (plan.TargetChanged,),
    "target pause": (plan.TargetChanged,),
    "target resume": (plan.TargetChanged,),
    "target done": (plan.TargetChanged,),
    "target rm": (plan.TargetChanged,),
    "target import": (plan.ListRead,),
    "targets": (list[look.TargetRow],),
    "upload": (night.Uploaded,),
}


def schema_of(words: Sequence[str]) -> dict[str, Any]:
    """The schema of what a verb, and its action, print.

    Raises
    ------
    UsageError
        It prints no document.
    """
    name = " ".join(words)
    found = DOCUMENTS.get(name) or DOCUMENTS.get(words[0] if words else "")
    if found is None:
        raise UsageError(
            f"{clean(name, 60)} prints no document", "", "'crowdsky-tui schema' lists those that do"
        )
    made, definitions = msgspec.json.schema_components(found, ref_template="#/$defs/{name}")
    body = dict(made[0]) if len(made) == 1 else {"anyOf": list(made)}
    title = f"{name}, one line" if name in STREAMS else name
    return {"$schema": DRAFT, "title": f"crowdsky-tui {title} --json", **body, "$defs": definitions}
