"""What an app is shown of an agent's store, and what it claims when nobody shows it any more."""

from datetime import UTC, datetime, timedelta

import msgspec

from crowdsky_tui.agent.client_store import apply, begin_anew, claim_nothing
from crowdsky_tui.agent.messages import Changed, TargetChange
from crowdsky_tui.agent.store_changes import Show
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.store.store import (
    JobState,
    JobView,
    LogLine,
    ScopeState,
    ScopeView,
    Severity,
    Store,
    TargetView,
)

NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)
SCOPE = ScopeView(name="S50", state=ScopeState.READY)
TARGET = TargetView(TargetKey("S50", "M 81"), "M 81")


def line(minute: int) -> LogLine:
    return LogLine(NOON + timedelta(minutes=minute), Severity.INFO, f"line {minute}")


def job(number: int) -> JobView:
    return JobView(number, "stack", "S50", "M 81", "", JobState.RUNNING, NOON)


def full() -> Store:
    store = Store()
    store.set_scope(SCOPE)
    store.set_target(TARGET, ())
    store.set_job(job(1))
    store.add_log(line(0))
    return store


def test_the_first_change_holds_all_there_is_and_the_next_nothing() -> None:
    store = full()
    show = Show(store)
    first = show.change()
    assert first is not None
    assert (first.scopes, first.jobs, first.log) == ((SCOPE,), (job(1),), (line(0),))
    assert [each.key for each in first.targets or ()] == [TARGET.key]
    assert show.change() is None


def test_only_what_moved_is_shown_and_of_the_log_only_new_lines() -> None:
    store = full()
    show = Show(store)
    show.change()
    store.add_log(line(1))
    store.add_log(line(2))
    assert show.change() == Changed(log=(line(1), line(2)))
    store.drop_target(TARGET.key)
    gone = show.change()
    assert gone is not None and gone.targets == (TargetChange(TARGET.key, None),)


def test_more_new_lines_than_are_kept_are_as_many_as_are_kept() -> None:
    store = full()
    show = Show(store)
    show.change()
    for number in range((store.log.maxlen or 0) + 5):
        store.add_log(line(number))
    change = show.change()
    assert change is not None and change.log == tuple(store.log)


def test_a_mirror_becomes_what_it_is_shown_and_drops_what_is_gone() -> None:
    mirror = Store()
    show = Show(full())
    first = show.change()
    assert first is not None
    apply(mirror, first)
    assert dict(mirror.scopes) == {"S50": SCOPE} and set(mirror.targets) == {TARGET.key}
    assert set(mirror.jobs) == {1} and list(mirror.log) == [line(0)]
    apply(mirror, Changed(targets=(TargetChange(TARGET.key, None),)))
    assert not mirror.targets and set(mirror.jobs) == {1}, "no word of jobs leaves them as they are"
    apply(mirror, Changed(jobs=(job(2),)))
    assert set(mirror.jobs) == {2}
    apply(mirror, Changed(jobs=()))
    assert not mirror.jobs


def test_another_run_begins_anew_and_no_line_is_told_twice() -> None:
    mirror = full()
    other = msgspec.structs.replace(SCOPE, name="S30")
    fresh = begin_anew(mirror, Changed(scopes=(other,), targets=(), log=(line(0), line(3))))
    assert not mirror.targets and not mirror.scopes
    assert fresh.log == (line(3),)


def test_nothing_is_claimed_of_what_nobody_tells_of() -> None:
    store = full()
    claim_nothing(store, "the agent has gone")
    scope, waiting = store.scopes["S50"], store.jobs[1]
    assert (scope.state, scope.reason) == (ScopeState.OFF, "the agent has gone")
    assert (waiting.state, waiting.reason) == (JobState.WAITING, "the agent has gone")
