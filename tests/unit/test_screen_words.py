"""Glyphs, formats and lines: pure functions of the screen."""

from datetime import UTC, datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.store.store import (
    BlockState,
    JobState,
    JobView,
    ScopeState,
    ScopeView,
    ServerState,
    ServerView,
    Severity,
    StackRow,
)
from crowdsky_tui.tui.format import glyphs
from crowdsky_tui.tui.format.values import bar, megabytes, minutes, moment, percent, scope_zone
from crowdsky_tui.tui.widgets.paint import STYLE_NAMES, parts_width, width_of
from crowdsky_tui.tui.widgets.panes.server import no_stacks, server_title
from crowdsky_tui.tui.widgets.scope_strip import scope_lines, with_stacking
from crowdsky_tui.tui.widgets.top_line import time_parts

NOW = datetime(2026, 11, 20, 21, 47, tzinfo=UTC)
VIENNA = ZoneInfo("Europe/Vienna")


@pytest.mark.parametrize(
    ("marks", "states"),
    [
        (glyphs.BLOCK, BlockState),
        (glyphs.SCOPE, ScopeState),
        (glyphs.JOB, JobState),
        (glyphs.SERVER, ServerState),
        (glyphs.SEVERITY, Severity),
    ],
)
def test_every_state_has_a_glyph_and_a_word_of_its_own(
    marks: dict[Any, Any], states: type[Enum]
) -> None:
    assert set(marks) == set(states)
    assert len({mark.word for mark in marks.values()}) == len(marks)
    assert all(width_of(mark.glyph) == 1 for mark in marks.values())
    assert all(mark.style in {"", *STYLE_NAMES} for mark in marks.values())


def test_block_glyphs_are_all_different() -> None:
    assert len({mark.glyph for mark in glyphs.BLOCK.values()}) == len(glyphs.BLOCK)


@pytest.mark.parametrize(
    ("progress", "shown"),
    [(None, "········"), (0.0, "────────"), (0.5, "━━━━────"), (0.57, "━━━━╸───"), (7, "━━━━━━━━")],
)
def test_bars(progress: float | None, shown: str) -> None:
    assert bar(progress, 8) == shown


def test_amounts() -> None:
    assert (percent(0.618), percent(None), percent(1.5)) == ("61 %", "", "100 %")
    assert (minutes(880), minutes(None), megabytes(12_400_000)) == ("14.7", "–", "12.4")


def test_times_of_today_are_hours_and_others_are_days() -> None:
    assert moment(NOW, NOW, VIENNA) == "22:47"
    assert moment(NOW.replace(day=9), NOW, VIENNA) == "9 Nov"
    assert moment(None, NOW, VIENNA) == "–"


def test_the_first_scope_with_a_zone_gives_local_time() -> None:
    scopes = [ScopeView("a"), ScopeView("b", zone="No/Where"), ScopeView("c", zone="Asia/Kolkata")]
    assert scope_zone(scopes) == ZoneInfo("Asia/Kolkata")
    assert scope_zone([]) is None
    assert "".join(text for text, _ in time_parts(NOW, VIENNA)) == (
        " Fri 20 Nov  22:47 CET  21:47 UTC"
    )
    assert "".join(text for text, _ in time_parts(NOW, ZoneInfo("UTC"))) == " Fri 20 Nov  21:47 UTC"


def test_a_simulated_clock_wears_a_badge() -> None:
    assert Clock().badge == ""
    assert Clock(NOW, NOW, 60).badge == "DEMO ×60"


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_scope_lines_fit_and_what_is_dropped_comes_last(width: int) -> None:
    ready = ScopeView(
        "S50 a349", state=ScopeState.READY, activity="observing M 81, 225 kept", firmware="7.75",
        battery_percent=83, temperature_c=31.0, free_gb=35.7,
    )  # fmt: skip
    lost = ScopeView("S30", state=ScopeState.OFF, reason="it does not answer " * 9)
    lines = scope_lines([ready, lost], width)
    assert all(parts_width(line) <= width for line in lines)
    first = "".join(text for text, _ in lines[0])
    assert "batt 83 %" in first
    assert ("fw 7.75" in first) == (width >= 120)


@pytest.mark.parametrize(
    ("nights", "words", "style"),
    [
        (None, "35.7 GB free", ""),
        (896.0, "35.7 GB free", ""),
        (8.7, "35.7 GB, 9 nights", ""),
        (1.4, "35.7 GB, 1.4 nights only", "bad"),
    ],
)
def test_room_is_told_in_nights(nights: float | None, words: str, style: str) -> None:
    view = ScopeView(
        "S50 a349", state=ScopeState.READY, activity="idle", battery_percent=83, free_gb=35.7,
        nights_left=nights, firmware="7.75",
    )  # fmt: skip
    (line,) = scope_lines([view], 80)
    assert (f"  {words}", style) in line
    assert parts_width(line) <= 80


@pytest.mark.parametrize(
    ("activity", "kind", "state", "told"),
    [
        ("idle", "stack", JobState.RUNNING, "stacking M 81 22:15 LP"),
        ("", "stack", JobState.RUNNING, "stacking M 81 22:15 LP"),
        ("observing M 81", "stack", JobState.RUNNING, "observing M 81"),
        ("idle", "stack", JobState.WAITING, "idle"),
        ("idle", "fetch", JobState.RUNNING, "idle"),
    ],
)
def test_a_telescope_that_stacks_for_us_is_never_called_idle(
    activity: str, kind: str, state: JobState, told: str
) -> None:
    views = [ScopeView(name, state=ScopeState.READY, activity=activity) for name in ("S50", "S30")]
    job = JobView(1, kind, "S50", "M 81", "M 81 22:15", state, NOW, filter="LP")
    ours, other = with_stacking(views, [job])
    assert ours.activity == told
    assert other.activity == activity, "another one's job is not its"


def test_many_scopes_are_counted() -> None:
    lines = scope_lines([ScopeView(f"S{n}", state=ScopeState.READY) for n in range(9)], 80)
    assert len(lines) == 6
    assert "and 4 more, 4 of them ready" in lines[-1][0][0]


def test_the_server_says_who_one_is_or_what_is_wrong() -> None:
    row = StackRow(1, "k", "M 81", "S50", "LP")
    ok = ServerView(ServerState.OK, "alice", stacks=(row, row), in_flight=1)
    assert server_title(ok) == "alice · 2 stacks · 1 on the way"
    assert server_title(ServerView(ServerState.REFUSED, "alice")) == "alice · login refused"
    assert "CROWDSKY_PASSWORD" in no_stacks(ServerView(ServerState.NO_ACCOUNT))
    assert "gateway" in no_stacks(ServerView(ServerState.DOWN, reason="bad gateway"))
