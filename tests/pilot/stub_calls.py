"""Calls without a server: what was asked is noted, the answers are made up here."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import stub_archive
import stub_curves
import stub_gallery
import stub_instruments
import stub_plan
import stub_site
import stub_trends

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.doctor.check import fail, ok, warn
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.fits.picture_messages import Stamp
from crowdsky_tui.night.calls.account import KeepPlace, ScrubDecided, SignIn
from crowdsky_tui.night.calls.alerts import IgnoreAlert, LookForAlerts, ShowAlerts, TakeAlert
from crowdsky_tui.night.calls.altitudes import ShowAltitudes
from crowdsky_tui.night.calls.background import Examine
from crowdsky_tui.night.calls.call import Call
from crowdsky_tui.night.calls.curve_analysis import AnalyseCurve, BinCurve
from crowdsky_tui.night.calls.curves import (
    ExportCurve,
    JudgePoint,
    ListCurves,
    SearchPeriods,
    ShowCurve,
    ShowCurveFrame,
    ShowSurveys,
)
from crowdsky_tui.night.calls.downloads import (
    ArchiveAnswer,
    Downloaded,
    DownloadFrame,
    DownloadStack,
    SearchArchive,
)
from crowdsky_tui.night.calls.gallery import ListGallery, ShowPicture, ShowStamp, ShowThumbnail
from crowdsky_tui.night.calls.instruments import ShowInstruments, TroubleSensor
from crowdsky_tui.night.calls.jobs import AskAgain
from crowdsky_tui.night.calls.newest_picture import DrawPicture, FindNewestPicture
from crowdsky_tui.night.calls.pictures import MakeFilm, SavePicture
from crowdsky_tui.night.calls.plan import DecidePlan, ExplainPlan, ShowPlan, TakeBackDecision
from crowdsky_tui.night.calls.records import ShowTrends
from crowdsky_tui.night.calls.settle import ListUnsettled, Settle
from crowdsky_tui.night.calls.site import KeepHorizon, ShowHorizon
from crowdsky_tui.night.calls.subframes import PlanRaw, RawLine, SendRaw
from crowdsky_tui.night.calls.targets import (
    AddTarget,
    ChangeTarget,
    ImportTargets,
    ListPreview,
    ShowTarget,
)
from crowdsky_tui.night.newest_picture import NewestPicture
from crowdsky_tui.night.settle import UnsettledLine
from crowdsky_tui.progress.requests import RequestOutcome
from crowdsky_tui.services.crowdsky.frames import ArchiveFrame

WIDTH, HEIGHT = 36, 64
GRADIENT = bytes(
    value for y in range(HEIGHT) for x in range(WIDTH) for value in (4 * y % 256, 7 * x % 256, 90)
)
NEWEST = NewestPicture(
    "SS Cyg_sub/1.fit", "SS Cyg, 60 s LP", datetime(2026, 11, 20, 21, 46, 8, tzinfo=UTC)
)
RAW = (
    RawLine("a349/M 81/20261120.76/20.0s/LP", "M 81 20 Nov 20:00 20.0s LP", 44),
    RawLine(
        "a349/M 81/20261120.77/20.0s/LP", "M 81 20 Nov 20:15 20.0s LP", 41,
        "the server has M 81, LP, 41 frames, S50_a349 under its key",
    ),
)  # fmt: skip
UNSETTLED = tuple(
    UnsettledLine(
        f"a349/M 81/20261120.{slot}/20.0s/LP/CrowdSky.fit", "S50 a349", "M 81",
        datetime(2026, 11, 20, 20, minute, tzinfo=UTC), f"M 81 20 Nov 20:{minute:02d} LP",
        "CrowdSky.fit", "handed over, but no answer came on 20 Nov 21:10 UTC",
    )
    for slot, minute in ((76, 0), (77, 15))
)  # fmt: skip
FRAME = ArchiveFrame(
    id=15,
    chunk_key="20261001.88_HP006478",
    object_name="M 81",
    filter_name="IRCUT",
    ra_deg=148.9,
    dec_deg=69.1,
    total_exptime=410.0,
    n_frames_input=41,
    n_frames_aligned=39,
    n_stars_detected=469,
    eq_mode=0,
    sqm=19.8,
    date_obs_start=datetime(2026, 10, 1, 22, 3, tzinfo=UTC),
    date_obs_end=None,
    file_size_bytes=14_712_480,
)
CHECKS = (
    ok("settings", "/home/pi/.config/crowdsky-tui/config.toml, mode 0600"),
    ok("clock", "2026-11-20 21:47 UTC, set from the network"),
    fail(
        "S50 a349 sub-frames",
        "not kept: nothing can be stacked for CrowdSky",
        "Seestar app, Advanced feature: save each frame in enhancing",
    ),
    warn("notices", "none are sent", "config set notices.url https://ntfy.sh/…"),
)


PICTURED = (ShowThumbnail, ListGallery, SavePicture, MakeFilm, ShowStamp, ShowPicture)
PLANNED = (
    ShowPlan, ExplainPlan, DecidePlan, TakeBackDecision, ShowAlerts, TakeAlert, IgnoreAlert,
    LookForAlerts, ShowTarget, AddTarget, ChangeTarget, ImportTargets,
)  # fmt: skip
CURVES = (
    ListCurves, SearchPeriods, ShowCurve, ShowSurveys, JudgePoint, ShowCurveFrame, ExportCurve,
    AnalyseCurve, BinCurve,
)  # fmt: skip


def _pictured(call: Call[object]) -> Any:
    """What the calls of gallery and review that show or make pictures are answered."""
    match call:
        case ShowThumbnail():
            return Preview(WIDTH, HEIGHT, GRADIENT)
        case ListGallery((scope, target)):
            return stub_gallery.stacks(scope, target)
        case SavePicture(_, key):
            return f"Saved, 1080 × 1970: /pictures/{key}.jpg"
        case MakeFilm(target, evening):
            return f"A film of 30 stacks is on its way (job log): {target.name} {evening}"
        case ShowStamp(_, key, side, width, height):
            small = min(width, height)
            return Stamp(stub_gallery.picture(small, small), 200.0 * side, key == "id3")
        case ShowPicture(_, _, width, height):
            return stub_gallery.picture(width, height)


def _planned(call: Call[object]) -> Any:
    match call:
        case ShowPlan():
            return stub_plan.plan()
        case ExplainPlan(_, scope):
            return stub_plan.why(scope)
        case ShowAlerts():
            return stub_plan.alerts()
        case ShowTarget():
            return stub_plan.TARGET
        case ImportTargets(_, _, write):
            return ListPreview(
                ("table: 2 new, 0 changed", "refused: line 4: no place"), 2, 2 * write
            )
    return "kept"


def _of_site(call: Call[object]) -> Any:
    match call:
        case ShowHorizon(target):
            return stub_site.horizon_view(target)
        case ShowAltitudes(names):
            return stub_site.altitudes(names)
    return "The horizon is kept in config.local.toml"


class StubCalls:
    """`asked` are the calls; the rest may be set. `instead` answers calls of these types."""

    def __init__(self) -> None:
        self.asked: list[Call[object]] = []
        self.scrub_decided_before = True
        self.failures: dict[type, CrowdSkyError] = {}
        self.instead: dict[type, Callable[[], Awaitable[Any]]] = {}
        self.deletes = False
        self.rejected: tuple[str, ...] = ()

    async def do(self, call: Call[object]) -> Any:
        self.asked.append(call)
        if (failure := self.failures.get(type(call))) is not None:
            raise failure
        if (instead := self.instead.get(type(call))) is not None:
            return await instead()
        if isinstance(call, PICTURED):
            return _pictured(call)
        if isinstance(call, ShowHorizon | ShowAltitudes | KeepHorizon):
            return _of_site(call)
        if isinstance(call, PLANNED):
            return _planned(call)
        if isinstance(call, CURVES):
            return self._curves(call)
        return self._others(call)

    def _others(self, call: Call[object]) -> Any:
        match call:
            case ListUnsettled():
                return UNSETTLED
            case Settle(stack_ids, again):
                return RequestOutcome(
                    (), f"{len(stack_ids)} {'sent again' if again else 'waited for'}"
                )
            case DownloadStack(row, folder):
                return Downloaded(f"{folder}/{row.chunk_key}.fits")
            case DownloadFrame(number, folder):
                return Downloaded(f"{folder}/frame_{number}.fits")
            case SignIn(username):
                return f"Signed in as {username}"
            case ScrubDecided():
                return self.scrub_decided_before
            case KeepPlace():
                return "Coordinates are taken out of what is sent"
            case PlanRaw(_, blocks, overwrite):
                return self._plan(blocks, overwrite)
            case SendRaw(_, blocks):
                return RequestOutcome((9,), f"{len(blocks)} blocks to send as sub-frames")
            case AskAgain(number):
                return f"job {number} is queued again"
            case SearchArchive():
                return ArchiveAnswer(148.9, 69.07, (FRAME,))
            case Examine():
                return CHECKS
            case ShowTrends(scope, run):
                return stub_trends.trends(scope, run)
            case ShowInstruments():
                return stub_instruments.tree()
            case FindNewestPicture():
                return NEWEST
            case DrawPicture(_, _, width, height):
                return stub_gallery.picture(width, height)
            case TroubleSensor(sensor, trouble):
                return f"{sensor}: {trouble or 'mended'}"
        return stub_archive.answer(call)

    def _curves(self, call: Call[object]) -> Any:
        match call:
            case ListCurves():
                return stub_curves.stars()
            case ShowCurve(_, star):
                return stub_curves.curves(star, self.rejected)
            case ShowSurveys(_, star):
                return stub_curves.surveys(star)
            case SearchPeriods():
                return stub_curves.searched()
            case AnalyseCurve(_, _, _, _, finding, _):
                return stub_curves.findings(finding)
            case BinCurve():
                return stub_curves.means()
            case JudgePoint(_, _, frame, reject):
                self.rejected = (frame,) if reject else ()
                return "rejected" if reject else "kept"
            case ShowCurveFrame(_, _, _, width, height):
                return stub_gallery.picture(width, height)
            case ExportCurve(project, star, form):
                return f"32 points written: /pictures/{project} {star} {form}.txt"

    @staticmethod
    def _plan(blocks: tuple[str, ...] | None, overwrite: bool) -> tuple[RawLine, ...]:
        lines = [line for line in RAW if blocks is None or line.block_id in blocks]
        if not overwrite:
            return tuple(lines)
        return tuple(
            RawLine(line.block_id, line.label, line.frames, "", ("20261120.77 M 81, LP",))
            for line in lines
        )
