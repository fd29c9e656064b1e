"""Every screen of the app: how it is opened, and how each of its four states comes about."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import stub_instruments
import stub_plan
from driven import Driven
from stub_night import StubNight

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.night.archive_list import FrameList
from crowdsky_tui.night.calls.account import SignIn
from crowdsky_tui.night.calls.alerts import ShowAlerts
from crowdsky_tui.night.calls.archive import ListFrames
from crowdsky_tui.night.calls.automatic import ShowReport
from crowdsky_tui.night.calls.background import Examine
from crowdsky_tui.night.calls.curves import ListCurves, ShowCurveFrame
from crowdsky_tui.night.calls.downloads import ArchiveAnswer, SearchArchive
from crowdsky_tui.night.calls.gallery import ListGallery, ShowThumbnail
from crowdsky_tui.night.calls.instruments import ShowInstruments
from crowdsky_tui.night.calls.jobs import DryRun
from crowdsky_tui.night.calls.plan import ShowPlan
from crowdsky_tui.night.calls.records import ShowTrends
from crowdsky_tui.night.calls.remote import ListRemote, RemoteRequests
from crowdsky_tui.night.calls.remote_jobs import ListRemoteJobs
from crowdsky_tui.night.calls.review import ListReview, ListSteps
from crowdsky_tui.night.calls.site import HorizonView, ShowHorizon
from crowdsky_tui.night.calls.subframes import PlanRaw
from crowdsky_tui.night.calls.telescope import ReadTelescope
from crowdsky_tui.report.trends import Trends
from crowdsky_tui.store.store import ScopeState, ScopeView
from crowdsky_tui.tui.desk import Pane

Change = Callable[[StubNight], None]
REFUSAL = CrowdSkyError(
    "S50 a349 does not answer", "nothing came back for 10 s", "Is it on? Try again in a minute"
)
SAME = "what it shows is read from nowhere: the same in every state"
LIKE_CURVE_FRAME = "it is the screen of curve-frame"
AT_ONCE = "what it shows is in the store: there is nothing to wait for, and nothing to fail"


class State(msgspec.Struct, frozen=True):
    """`words` have to be in sight at every size: the state's own sentence, or what comes next."""

    words: tuple[str, ...]
    change: Change = lambda night: None
    night: str = "full"
    told_of_late: bool = False
    """Whether what shows is the word that comes where nothing shows for a while."""


class Shown(msgspec.Struct, frozen=True):
    """A screen. A state that makes no sense is its reason, in words."""

    name: str
    open: Callable[[Driven], Awaitable[None]]
    empty: State | str
    loading: State | str
    error: State | str
    full: State


async def never() -> None:
    """An answer that does not come."""
    await asyncio.Event().wait()


async def refuse() -> None:
    raise REFUSAL


def call(kind: type, answer: Callable[[], Awaitable[Any]]) -> Change:
    """The answer to all calls of a kind."""
    return lambda night: night.stub_calls.instead.update({kind: answer})


def found(answer: Callable[[], Awaitable[Any]]) -> Change:
    """The answer of the search for telescopes."""
    return lambda night: setattr(night.setup, "find", answer)


def gives(value: object) -> Callable[[], Awaitable[Any]]:
    async def answer() -> object:
        return value

    return answer


def rigs(link: ScopeState) -> Change:
    """One rig over Alpaca, one over INDI, beside the telescopes."""
    usable = link is ScopeState.READY
    view = ScopeView(
        name="hut", serial="mount-1", model="rig", state=link,
        reason="" if usable else "the mount: it does not answer",
        activity="taking frames SS Cyg" if usable else "", observing=usable,
    )  # fmt: skip
    other = msgspec.structs.replace(view, name="indi", serial="EQMod Mount")

    def change(night: StubNight) -> None:
        night.store.set_scope(view)
        night.store.set_scope(other)

    return change


def does(*actions: str, pane: Pane = Pane.TARGETS, keys: tuple[str, ...] = ()) -> Any:
    """Go to a pane, take M 81, run these actions, press these keys."""

    async def run(driven: Driven) -> None:
        driven.main.go(Pane.TARGETS)
        driven.main.targets.table.select(1)
        driven.main.go(pane)
        await driven.settle()
        for action in actions:
            driven.main.action_act(action)
        for key in keys:
            await driven.until_keys_are_taken()
            await driven.pilot.press(key)
        await driven.rest()

    return run


def pane(name: str, number: Pane, empty: str, loading: str, error: str, full: str) -> Shown:
    return Shown(
        name,
        does(pane=number),
        State((empty, "? help"), night="empty"),
        State((loading, "? help"), night="loading"),
        State((error, "? help"), night="error"),
        State((full, "? help"), night="full"),
    )


def answered(
    name: str,
    open: Any,
    change: Callable[[Callable[[], Awaitable[Any]]], Change],
    nothing: object,
    empty: str,
    loading: str,
    full: str,
    error: str = "Is it on?",
) -> Shown:
    """A screen that asks somebody for what it shows."""
    return Shown(
        name,
        open,
        State((empty,), change(gives(nothing))),
        State((loading,), change(never)),
        State((error,), change(refuse)),
        State((full,)),
    )


def with_the_answer(shown: Shown) -> Shown:
    """A screen that comes when its answer is there; before that only a word tells of it."""
    assert isinstance(shown.loading, State)
    return msgspec.structs.replace(
        shown, loading=msgspec.structs.replace(shown.loading, told_of_late=True)
    )


def asks(kind: type) -> Callable[[Callable[[], Awaitable[Any]]], Change]:
    return lambda answer: call(kind, answer)


def of_the_archive(answer: Callable[[], Awaitable[Any]] | None = None) -> Change:
    def change(night: StubNight) -> None:
        server = msgspec.structs.replace(night.settings.server, api_key="key")
        night.settings = msgspec.structs.replace(night.settings, server=server)
        if answer is not None:
            night.stub_calls.instead[SearchArchive] = answer

    return change


def scrub_undecided(night: StubNight) -> None:
    night.stub_calls.scrub_decided_before = False


SIGN_IN = does("sign-in", keys=("a", "enter", "b", "enter"))
SCREENS = (
    pane("targets", Pane.TARGETS, "No", "ask", "login", "M 81"),
    pane("blocks", Pane.BLOCKS, "No", "No", "No", "stacking"),
    pane("jobs", Pane.JOBS, "No", "No", "does not answer", "22:45"),
    pane("server", Pane.SERVER, "No", "No", "account", "20261120"),
    Shown("filter", does("filter", keys=("m",)), SAME, SAME, SAME, State(("M 81",))),
    Shown("help", does("help"), SAME, SAME, SAME, State(("In the targets pane", "esc close"))),
    Shown(
        "palette",
        does("palette"),
        State(("esc close", "No target is selected"), night="empty"),
        AT_ONCE,
        State(("esc close",), night="error"),
        State(("esc close", "type to find")),
    ),
    with_the_answer(answered(
        "dry-run", does("dry-run"), asks(DryRun), (),
        "There is nothing to do: nothing was found for this.", "dry run …", "enter do it",
    )),
    Shown("details", does("open", pane=Pane.JOBS), "there is nothing to open", AT_ONCE, AT_ONCE,
          State(("esc close",))),
    with_the_answer(answered(
        "why-not", does("why-not", pane=Pane.BLOCKS), asks(ListSteps), (),
        "Nothing was asked for yet", "why not? …", "In the journal",
    )),
    Shown(
        "ribbon", does("ribbon"),
        State(("There are no blocks yet",), night="empty"), AT_ONCE, AT_ONCE,
        State(("14 blocks", "v review", "esc")),
    ),
    answered(
        "gallery", does("gallery"), asks(ListGallery), (),
        "No block of M 81 is stacked", "reading", "31 stacks",
    ),
    answered(
        "review", does("review"), asks(ListReview), (),
        "No stack waits", "reading", "enter send",
    ),
    Shown(
        "report", does("report"), "a report always has its headline",
        State(("report …",), call(ShowReport, never), told_of_late=True),
        State(("Is it on?",), call(ShowReport, refuse)),
        State(("All 3 eligible blocks are proved",)),
    ),
    answered(
        "doctor", does("doctor"), asks(Examine), (), "0 looked at", "looking", "4 looked at"
    ),
    Shown("settings", does("settings"), "every setting has a value", AT_ONCE, AT_ONCE,
          State(("test server", "esc leave"))),
    Shown(
        "scope", does("scope", keys=("enter",)),
        State(("N searches for telescopes",), night="empty"),
        State(("asking it",), call(ReadTelescope, never)),
        State(("Is it on?",), call(ReadTelescope, refuse)),
        State(("225 stacked", "enter do it")),
    ),
    answered(
        "trends", does("scope", keys=("enter", "p")), asks(ShowTrends), Trends("S", "", (), ()),
        "There are no records of this night yet", "reading the records", "[Temperature]",
    ),
    answered(
        "plan", does("plan"), asks(ShowPlan), stub_plan.empty(),
        "The list of targets is empty", "planning the night", "2026-11-20",
    ),
    answered(
        "alerts", does("plan", keys=("A",)), asks(ShowAlerts), (),
        "No alert waits", "reading the alerts", "up 21:40–03:10, 54°",
    ),
    Shown(
        "dashboard", does("dashboard"),
        State(("2 alerts in the inbox", "0 of 48"), call(ShowPlan, gives(stub_plan.empty()))),
        State(("planning the night",), call(ShowPlan, never)),
        State(("2 alerts in the inbox", "does not answer"), call(ShowPlan, refuse)),
        State(("2 alerts in the inbox",)),
    ),
    answered(
        "frames", does("frames"), asks(ListFrames), FrameList(()),
        "No frame yet", "reading the archive", "telescope.org",
    ),
    answered(
        "remote", does("frames", keys=("tab",)), asks(ListRemote), RemoteRequests((), 1, ()),
        "No request in this folder", "asking telescope.org", "Waiting",
    ),
    answered(
        "remote-jobs", does("frames", keys=("tab", "w")), asks(ListRemoteJobs), (),
        "Nothing is to be done there", "reading the journal", "CH Cyg J369257",
    ),
    answered(
        "curves", does("curves"), asks(ListCurves), (),
        "No project has a target", "reading the curves", "3 stars, 1 varied",
    ),
    Shown(
        "curve-frame", does("curves", keys=("down", "enter")), "a point has a frame",
        State(("reading the frame",), call(ShowCurveFrame, never)),
        State(("Is it on?",), call(ShowCurveFrame, refuse)),
        State(("Stacked_31.fit", "esc leave")),
    ),
    answered(
        "instruments", does("instruments"), asks(ShowInstruments), stub_instruments.alone(),
        "No sensor decides", "looking at the instruments", "roof: wet 12 s ago",
    ),
    Shown(
        "newest-picture", does("instruments", keys=("end", "v")), LIKE_CURVE_FRAME,
        LIKE_CURVE_FRAME, LIKE_CURVE_FRAME,
        State(("hut: SS Cyg, 60 s LP, begun 64 s ago", "esc leave")),
    ),
    Shown(
        "rigs", does(), AT_ONCE, AT_ONCE, State(("hut",), rigs(ScopeState.OFF)),
        State(("hut", "taking frames SS Cyg"), rigs(ScopeState.READY)),
    ),
    Shown(
        "horizon", does("horizon"),
        State(("no ways tonight",), call(ShowHorizon, gives(HorizonView((15.0,) * 361, 15.0,
              problem="the site is not set: no ways tonight")))),
        State(("reading the horizon",), call(ShowHorizon, never)),
        State(("Is it on?",), call(ShowHorizon, refuse)),
        State(("M 81 tonight", "180° S: horizon 15°", "raise or lower")),
    ),
    Shown("choice", does("scope"), SAME, SAME, SAME, State(("S30 10d5", "esc leave"))),
    answered(
        "picker", does("find-scopes"), found, (),
        "r searches again", "searching", "esc leave",
    ),
    Shown(
        "sign-in", SIGN_IN, SAME,
        State(("Trying the login",), call(SignIn, never)),
        State(("Is it on?",), call(SignIn, refuse)),
        State(("Signed in as a",)),
    ),
    Shown("form", does("sign-in"), SAME, SAME, SAME, State(("password", "esc leave"))),
    Shown("place", does("upload"), SAME, SAME, SAME, State(("asked once",), scrub_undecided)),
    answered(
        "raw-upload", does("raw-upload"), asks(PlanRaw), (),
        "No block is finished yet", "Looking at the sub-frames", "esc leave",
    ),
    Shown(
        "archive", does("archive"),
        State(("Nobody has sent a frame",),
              of_the_archive(gives(ArchiveAnswer(148.9, 69.07, ())))),
        State(("Searching the archive",), of_the_archive(never)),
        State(("Is it on?",), of_the_archive(refuse)),
        State(("D download", "IRCUT"), of_the_archive()),
    ),
    Shown(
        "stack", does("open", pane=Pane.SERVER), "there is nothing to open",
        State(("esc close",), call(ShowThumbnail, never)),
        State(("esc close",), call(ShowThumbnail, refuse)),
        State(("esc close",)),
    ),
    Shown("confirm", does("quit"), "with nothing under way it does not ask", SAME, SAME,
          State(("4 jobs", "y quit"))),
    Shown(
        "speak", does("speak"),
        State(("Escape returns",), night="empty"),
        State(("Escape returns",), night="loading"),
        State(("does not answer",), night="error"),
        State(("Escape returns", "has not answered")),
    ),
    Shown("jump", does("jump"), State(("Targets",), night="empty"), AT_ONCE, AT_ONCE,
          State(("Targets",))),
)  # fmt: skip
