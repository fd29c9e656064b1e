"""Speak mode: every change of state is one plain line, and nothing else is one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from crowdsky_tui.blocks.keys import BlockKey, TargetKey
from crowdsky_tui.store.store import (
    BlockState,
    BlockView,
    JobState,
    JobView,
    LogLine,
    ScopeState,
    ScopeView,
    ServerState,
    ServerView,
    Severity,
    Store,
    TargetView,
)
from crowdsky_tui.tui.speech import Speaker, block_sentence

DUSK = datetime(2026, 11, 20, 18, tzinfo=UTC)
TARGET = TargetView(TargetKey("S50", "M 81"), "M 81")


def block(state: BlockState, **more: Any) -> BlockView:
    end = DUSK + timedelta(minutes=15)
    key = BlockKey(TARGET.key, "20261120.72", "20.0s", "LP")
    return BlockView(key, "M 81", DUSK, end, 44, 880.0, state, **more)


def job(kind: str, state: JobState, **more: Any) -> JobView:
    return JobView(7, kind, "S50", "M 81", "M 81 22:15", state, DUSK, **more)


def one_line(speaker: Speaker) -> str:
    """The one line that was said; there is nothing more to say then."""
    (line,) = speaker.changes()
    assert speaker.changes() == []
    assert line.isprintable() and line.endswith(".")
    return line


@pytest.mark.parametrize("state", BlockState)
def test_every_state_of_a_block(state: BlockState) -> None:
    store = Store()
    other = BlockState.READY if state is not BlockState.READY else BlockState.SENT
    store.set_target(TARGET, [block(other)])
    speaker = Speaker(store)
    store.set_target(TARGET, [block(state, reason="for this reason.")])
    said = f"M 81, 18:00 to 18:15, on S50: {state.value}. for this reason."
    assert one_line(speaker) == said


@pytest.mark.parametrize("state", ScopeState)
def test_every_state_of_a_scope(state: ScopeState) -> None:
    store = Store()
    other = ScopeState.OFF if state is not ScopeState.OFF else ScopeState.READY
    store.set_scope(ScopeView("S50", state=other))
    speaker = Speaker(store)
    store.set_scope(ScopeView("S50", state=state, reason="no key file"))
    assert one_line(speaker) == f"Scope S50: {state.value}. no key file."


def test_what_a_scope_does() -> None:
    store = Store()
    ready = ScopeView("S50", state=ScopeState.READY)
    store.set_scope(ready)
    speaker = Speaker(store)
    for more, said in (
        ({"observing": True}, "Scope S50: observing."),
        ({"observing": False}, "Scope S50: not observing."),
        ({"observing": False, "doing": "slewing to M 81"}, "Scope S50: slewing to M 81."),
    ):
        store.set_scope(ScopeView("S50", state=ScopeState.READY, **more))
        assert one_line(speaker) == said
    del store.scopes["S50"]
    assert one_line(speaker) == "Scope S50: no longer used."


@pytest.mark.parametrize("state", ServerState)
def test_every_state_of_the_server(state: ServerState) -> None:
    store = Store()
    other = ServerState.OK if state is not ServerState.OK else ServerState.DOWN
    store.set_server(ServerView(other, "alice"))
    speaker = Speaker(store)
    store.set_server(ServerView(state, "alice", "" if state is ServerState.OK else "no route"))
    why = ", signed in as alice." if state is ServerState.OK else ". no route."
    assert one_line(speaker) == f"Server: {state.value}{why}"


@pytest.mark.parametrize("kind", ["purge", "hold", "unhold", "empty", "raw"])
@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING, JobState.WAITING])
def test_every_state_of_a_job_that_no_block_tells(kind: str, state: JobState) -> None:
    store = Store()
    speaker = Speaker(store)
    store.set_job(job(kind, state, reason="the scope is observing"))
    why = "" if state is JobState.RUNNING else " the scope is observing."
    assert one_line(speaker) == f"Job {kind} M 81 22:15 on S50: {state.value}.{why}"


@pytest.mark.parametrize("words", ["off", "on", "on, waits for 05:58", "waits for the clock"])
def test_the_automatic_night(words: str) -> None:
    store = Store()
    store.set_automatic("before")
    speaker = Speaker(store)
    store.set_automatic(words)
    assert one_line(speaker) == f"Automatic night: {words}."


def test_the_log_s_lines_come_with_their_weight_in_words_and_first() -> None:
    store = Store()
    speaker = Speaker(store)
    store.set_automatic("on")
    for severity in Severity:
        store.add_log(LogLine(DUSK, severity, f"a line, {severity.value}"))
    assert speaker.changes() == [
        "a line, info", "a line, good", "Warning: a line, warning", "Error: a line, error",
        "Automatic night: on.",
    ]  # fmt: skip


def test_progress_counts_and_moments_are_no_change_of_state() -> None:
    store = Store()
    store.set_target(TARGET, [block(BlockState.STACKING, progress=0.1)])
    store.set_scope(ScopeView("S50", state=ScopeState.READY, activity="225 kept", free_gb=35.7))
    store.set_server(ServerView(ServerState.OK, "alice", listed_at=DUSK))
    store.set_job(job("purge", JobState.RUNNING, progress=0.1))
    speaker = Speaker(store)
    store.set_target(TARGET, [block(BlockState.STACKING, progress=0.9)])
    store.set_scope(ScopeView("S50", state=ScopeState.READY, activity="226 kept", free_gb=35.6))
    store.set_server(ServerView(ServerState.OK, "alice", listed_at=DUSK + timedelta(minutes=5)))
    store.set_job(job("purge", JobState.RUNNING, progress=0.9))
    view = JobView(8, "stack", "S50", "M 81", "M 81 22:30", JobState.QUEUED, DUSK)
    store.set_job(msgspec.structs.replace(view, told_by_block=True))
    assert speaker.changes() == []
    assert block_sentence(block(BlockState.HELD, reason="by hand")).endswith("held. by hand.")
