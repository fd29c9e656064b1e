"""When an operation on a telescope has ended, and by what, rule by rule."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from telling_scope import HandClock, TellingScope

from crowdsky_tui.base.clock import SHORTEST_WAIT
from crowdsky_tui.base.errors import (
    CommandRefused,
    NotProved,
    OperationFailed,
    OperationTimeout,
    ScopeMoving,
    ScopeTimeout,
    ScopeUnreachable,
)
from crowdsky_tui.instruments.interface import Done
from crowdsky_tui.instruments.seestar.connection.wire import Event
from crowdsky_tui.instruments.seestar.control import operations
from crowdsky_tui.instruments.seestar.control.operations import (
    Operation,
    OperationContext,
    Seen,
    elapsed_since,
    is_working,
    read_mount,
    read_view,
    say,
)

UNDER_WAY, NOTHING, REACHED = Seen(reached=False), Seen(None, "it rests"), Seen(True, "it is open")
SIX = 6
"""Looks in a row that show nothing: so many are not waited for any longer."""
FAILED = OperationFailed("opening failed", "it is stuck")


class Looks:
    """What the telescope is seen to do, look by look; the last is seen for ever."""

    made = 0

    def __init__(self, *seen: Seen | Exception) -> None:
        self.left, self.count = list(seen), 0

    async def __call__(self) -> Seen:
        self.count += 1
        Looks.made += 1
        seen = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        if isinstance(seen, Exception):
            raise seen
        return seen


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Each look takes a real second of an operation's patience, nothing else any. The pauses."""
    made: list[float] = []

    def timeout(seconds: float) -> asyncio.Timeout:
        made.append(seconds)
        return asyncio.timeout(seconds)

    async def sleep(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr(Looks, "made", 0)
    loop = SimpleNamespace(time=lambda: float(Looks.made))
    fake = SimpleNamespace(
        Event=asyncio.Event, sleep=sleep, timeout=timeout, get_running_loop=lambda: loop
    )
    monkeypatch.setattr(operations, "asyncio", fake)
    return made


def opening(
    scope: TellingScope, limit_s: float = 60.0, patience_s: float = 30.0, told: Any = None
) -> Operation:
    def tell(_part: float | None, text: str) -> None:
        if told is not None:
            told.append(text)

    return Operation(scope, "opening", limit_s, tell, patience_s)


async def nothing() -> None:
    """The command that is answered at once."""


async def run(
    looks: Looks, hear: Callable[[Event], None] | None = None, command: Any = nothing, **more: Any
) -> Done:
    async with asyncio.timeout(20):
        return await opening(TellingScope(), **more).run(command, looks, "open", hear)


async def test_it_ends_when_a_look_shows_the_end_and_no_sooner() -> None:
    looks = Looks(UNDER_WAY, NOTHING, UNDER_WAY, REACHED)
    assert await run(looks) == Done("open", "it is open", 0.0) and looks.count == 4


async def test_what_it_is_not_seen_to_do_six_times_in_a_row_is_not_proved() -> None:
    looks = Looks(*[NOTHING] * (SIX - 1), UNDER_WAY, NOTHING)
    with pytest.raises(NotProved, match="opening cannot be proved") as raised:
        await run(looks)
    assert looks.count == 2 * SIX and raised.value.why == "it rests"
    with pytest.raises(NotProved) as raised:
        await run(Looks(Seen(None)))
    assert raised.value.why == "the telescope neither does it nor has done it"


async def test_a_telescope_that_never_comes_to_an_end_has_taken_too_long() -> None:
    looks = Looks(UNDER_WAY)
    with pytest.raises(OperationTimeout, match="took too long") as raised:
        await run(looks, limit_s=60.4, patience_s=3.0)
    assert raised.value.why == "it had not ended after 60 s" and looks.count == 3


async def test_every_operation_has_at_least_the_patience_however_fast_the_clock() -> None:
    looks = Looks(*[UNDER_WAY] * 5, REACHED)
    assert (await run(looks, limit_s=0.0, patience_s=6.0)).state == "open"


async def test_a_slow_clock_gives_it_all_its_limit() -> None:
    scope = TellingScope(clock=HandClock(real_s=0.001))
    looks = Looks(*[UNDER_WAY] * 5, REACHED)
    operation = opening(scope, limit_s=6_000.0, patience_s=0.0)
    assert (await operation.run(nothing, looks, "open")).state == "open"


async def test_a_failure_that_was_heard_ends_it_at_the_next_look_and_before_it() -> None:
    operation = opening(TellingScope())
    looks = Looks(UNDER_WAY)

    async def command() -> None:
        operation.fail(FAILED)

    with pytest.raises(OperationFailed, match="opening failed"):
        await operation.run(command, looks, "open")
    assert looks.count == 0


async def test_a_failure_is_told_though_no_look_follows_it() -> None:
    operation = opening(TellingScope(), limit_s=0.0, patience_s=0.0)

    async def command() -> None:
        operation.fail(FAILED)

    with pytest.raises(OperationFailed, match="opening failed"):
        await operation.run(command, Looks(UNDER_WAY), "open")


@pytest.mark.parametrize("seen", [NOTHING, UNDER_WAY])
async def test_an_alert_ends_nothing_but_is_the_reason_where_no_other_comes(seen: Seen) -> None:
    operation = opening(TellingScope(), patience_s=9.0)
    operation.alert(FAILED)
    assert await operation.run(nothing, Looks(UNDER_WAY, REACHED), "open")
    operation = opening(TellingScope(), patience_s=9.0)
    operation.alert(FAILED)
    with pytest.raises(OperationFailed, match="opening failed"):
        await operation.run(nothing, Looks(seen), "open")


async def test_a_failure_that_was_heard_counts_before_an_alert_and_before_nothing() -> None:
    operation = opening(TellingScope())
    operation.alert(OperationFailed("below the horizon"))
    looks, last = Looks(NOTHING), SIX

    async def look() -> Seen:
        if looks.count == last - 1:
            operation.fail(FAILED)
        return await looks()

    with pytest.raises(OperationFailed, match="opening failed"):
        await operation.run(nothing, look, "open")


@pytest.mark.parametrize("kind", [ScopeTimeout, ScopeUnreachable])
async def test_where_the_answer_to_the_command_is_lost_looking_tells(
    kind: type[Exception],
) -> None:
    scope, told = TellingScope(), list[str]()

    async def command() -> None:
        raise kind("no answer", "the network")

    done = await opening(scope, told=told).run(command, Looks(REACHED), "open")
    assert done.state == "open" and told == ["no answer yet: the network"]
    assert scope.waited == [operations.RECONNECT_S]


@pytest.mark.parametrize("kind", [ScopeTimeout, ScopeUnreachable])
async def test_a_connection_that_breaks_is_waited_for(kind: type[Exception]) -> None:
    scope, told = TellingScope(), list[str]()
    scope.away = kind("still away")
    looks = Looks(*[NOTHING] * (SIX - 1), kind("gone"), UNDER_WAY, REACHED)
    assert await opening(scope, told=told).run(nothing, looks, "open")
    assert told == ["the connection is gone, waiting for it"] and len(scope.waited) == 1


async def test_a_telescope_that_stays_away_is_called_away_and_not_too_slow() -> None:
    gone = ScopeUnreachable("gone")
    with pytest.raises(ScopeUnreachable):
        await run(Looks(UNDER_WAY, gone), patience_s=4.0)
    with pytest.raises(OperationTimeout):
        await run(Looks(gone, UNDER_WAY), patience_s=4.0)


async def test_a_refusal_says_what_was_wanted_and_what_to_do() -> None:
    refused = CommandRefused("no", "fail to move (code 203)", code=203)
    with pytest.raises(ScopeMoving, match="opening failed") as raised:
        await run(Looks(refused))
    assert "“fail to move”, code 203" in raised.value.why
    with pytest.raises(ScopeMoving, match="parking failed"):
        await say(TellingScope({"scope_park": refused}), "parking", "scope_park")


async def test_an_event_is_heard_only_while_it_goes_on() -> None:
    scope, heard = TellingScope(), list[str]()
    operation = opening(scope)

    async def command() -> None:
        scope.tell("ScopeHome")
        raise FAILED

    with pytest.raises(OperationFailed):
        await operation.run(command, Looks(REACHED), "open", lambda event: heard.append(event.name))
    assert heard == ["ScopeHome"] and scope.listeners == []


async def test_an_event_makes_it_look_at_once_and_once_only(pauses: list[float]) -> None:
    scope = TellingScope(clock=HandClock(real_s=1000.0))  # else it would look in half an hour
    looks = Looks(UNDER_WAY)
    operation = opening(scope)

    def hear(event: Event) -> None:
        operation.fail(FAILED) if event.name == "Failure" else operation.wake()

    async def spin() -> None:
        for _ in range(50):
            await asyncio.sleep(0)

    running = asyncio.ensure_future(operation.run(nothing, looks, "open", hear))
    async with asyncio.timeout(20):
        await spin()
        scope.tell("ScopeMoveToHorizon")
        await spin()
        assert looks.count == 2 and pauses == [2000.0, 2000.0]
        scope.tell("Failure")  # it is not waited for either
        with pytest.raises(OperationFailed):
            await running


async def test_a_fast_clock_makes_no_busy_loop(pauses: list[float]) -> None:
    gone = ScopeUnreachable("gone")
    assert await run(Looks(UNDER_WAY, gone, UNDER_WAY, REACHED))
    assert pauses == [SHORTEST_WAIT] * 3


async def test_its_seconds_are_the_clocks_since_the_command() -> None:
    scope = TellingScope()
    clock = scope.clock
    assert isinstance(clock, HandClock)
    operation = opening(scope)
    clock.seconds = 100.0

    async def command() -> None:
        scope.tell("WheelMove")  # which nobody has asked to hear
        clock.seconds = 112.34

    done = await operation.run(command, Looks(REACHED), "open")
    assert done.seconds == 12.3 and elapsed_since(5100.0, scope) == 12.3


def test_only_what_began_with_it_or_later_is_its_own() -> None:
    scope = TellingScope()
    operation = opening(scope)
    assert isinstance(scope.clock, HandClock)
    scope.clock.seconds = 10.0
    assert operation.is_fresh({"lapse_ms": 13_000}) and operation.is_fresh({})
    assert not operation.is_fresh({"lapse_ms": 13_001})


@pytest.mark.parametrize(
    ("view", "works"),
    [
        ({"state": "working", "mode": "star"}, True),
        ({"state": "working", "mode": "none"}, False),
        ({"state": "working"}, False),
        ({"state": "cancel", "mode": "star"}, False),
        ({}, False),
    ],
)
def test_a_view_works_only_in_a_mode(view: dict[str, object], works: bool) -> None:
    assert is_working(view) is works


async def test_of_a_telescopes_state_only_what_is_needed_is_asked_for() -> None:
    scope = TellingScope(
        {"get_device_state": {"mount": {"close": True}}, "get_view_state": {"View": {"stage": "x"}}}
    )
    assert await read_mount(scope) == {"close": True} and await read_view(scope) == {"stage": "x"}
    assert scope.said[0] == ("get_device_state", {"keys": ["mount"]})


def test_an_operation_has_its_context_s_patience_and_teller() -> None:
    told: list[str] = []
    context = OperationContext(TellingScope(), lambda _part, text: told.append(text), 7.0)
    operation = context.operation("parking", 60.0)
    operation.tell(None, "folding")
    assert told == ["folding"] and operation.doing == "parking"
