"""An app's store mirrors an agent's: whatever moves there, over the wire, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowdsky_tui.agent.client_store import apply, begin_anew
from crowdsky_tui.agent.messages import Changed, Event, line_of
from crowdsky_tui.agent.store_changes import Show
from crowdsky_tui.blocks.keys import BlockKey, TargetKey
from crowdsky_tui.sky.sky_night import SkyNight
from crowdsky_tui.store.store import (
    BlockState,
    BlockView,
    ConditionsView,
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
    Topic,
)

NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)
SHOWN = ("scopes", "targets", "blocks", "jobs", "log", "server", "automatic", "sky", "conditions")


def target(name: str) -> TargetKey:
    return TargetKey("S50", name)


def block(name: str, frames: int) -> BlockView:
    key = BlockKey(target(name), "20260227.91", "20.0s", "LP")
    return BlockView(
        key, name, NOON, NOON + timedelta(minutes=15), frames, 20.0 * frames, BlockState.READY
    )


MOVES: dict[str, Any] = {
    "scope": lambda store, n: store.set_scope(ScopeView(f"S{n % 3}", state=list(ScopeState)[n])),
    "target": lambda store, n: store.set_target(
        TargetView(target(f"M {n % 3}"), f"M {n % 3}"), [block(f"M {n % 3}", n)]
    ),
    "drop target": lambda store, n: store.drop_target(target(f"M {n % 3}")),
    "job": lambda store, n: store.set_job(
        JobView(n % 4, "stack", "S50", "M 1", "", list(JobState)[n % 6], NOON)
    ),
    "drop job": lambda store, n: store.drop_job(n % 4),
    "log": lambda store, n: store.add_log(LogLine(NOON, Severity.INFO, f"line {n}")),
    "server": lambda store, n: store.set_server(ServerView(list(ServerState)[n % 4], f"u{n}")),
    "automatic": lambda store, n: store.set_automatic(f"words {n % 2}"),
    "sky": lambda store, n: store.set_sky(
        SkyNight(NOON, None, None, None, None, None, None, n / 8, NOON, 0.0)
    ),
    "conditions": lambda store, n: store.set_conditions(ConditionsView(text=f"{n % 2}")),
}
"""What may happen to a store, by name; the number says to what, and how."""
moves = st.lists(st.tuples(st.sampled_from(sorted(MOVES)), st.integers(0, 7)), max_size=12)


def over_the_wire(change: Changed) -> Changed:
    event = msgspec.json.decode(line_of(change), type=Event)
    assert isinstance(event, Changed)
    return event


def shown(store: Store) -> dict[str, Any]:
    return {name: getattr(store, name) for name in SHOWN}


@given(st.lists(moves, max_size=4))
def test_whatever_moves_the_mirror_shows_it(rounds: list[list[tuple[str, int]]]) -> None:
    store, mirror = Store(), Store()
    show = Show(store)
    for steps in rounds:
        for what, number in steps:
            MOVES[what](store, number)
        if (change := show.change()) is not None:
            apply(mirror, over_the_wire(change))
        assert shown(mirror) == shown(store)
        assert show.change() is None


@given(moves, moves)
def test_of_another_run_the_mirror_shows_what_that_holds_and_keeps_the_log(
    before: list[tuple[str, int]], after: list[tuple[str, int]]
) -> None:
    stores = Store(), Store()
    mirror = Store()
    for store, steps in zip(stores, (before, after), strict=True):
        for what, number in steps:
            MOVES[what](store, number)
        whole = Show(store).change()
        assert whole is not None
        apply(mirror, begin_anew(mirror, over_the_wire(whole)))
    known = list(stores[0].log)
    expected = shown(stores[1])
    expected["log"] = [*known, *(line for line in stores[1].log if line not in known)]
    expected["sky"] = stores[1].sky or stores[0].sky  # the same night, until it is told again
    assert shown(mirror) | {"log": list(mirror.log)} == expected


@pytest.mark.parametrize("what", sorted(set(MOVES) - {"drop target", "drop job"}))
def test_only_what_moved_is_sent(what: str) -> None:
    store = Store()
    for each in ("scope", "target", "job", "log", "server", "automatic", "sky", "conditions"):
        MOVES[each](store, 1)
    show = Show(store)
    show.change()
    MOVES[what](store, 2)
    change = show.change()
    assert change is not None
    sent = [field for field in change.__struct_fields__ if getattr(change, field) is not None]
    assert sent == [{"scope": "scopes", "target": "targets", "job": "jobs"}.get(what, what)]
    if change.targets is not None:
        assert [each.key for each in change.targets] == [target("M 2")]


def test_a_telescope_that_is_not_there_any_more_is_told_of_on_screen() -> None:
    mirror = Store()
    MOVES["scope"](mirror, 1)
    before = mirror.revisions[Topic.SCOPES]
    begin_anew(mirror, Changed(scopes=()))
    assert mirror.revisions[Topic.SCOPES] > before
