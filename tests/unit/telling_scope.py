"""A telescope that answers each command as a test says, on a clock that a test sets."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.instruments.seestar.connection.wire import Event
from crowdsky_tui.instruments.seestar.control.operations import OperationContext
from crowdsky_tui.store.store import ScopeState

NOW = datetime(2026, 2, 27, 22, 0, tzinfo=UTC)


class HandClock(Clock):
    """Goes only where it is moved; its seconds are none on a watch, or `real_s` of them."""

    def __init__(self, real_s: float = 0.0) -> None:
        super().__init__()
        self.seconds, self.real_s = 0.0, real_s

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def steady(self) -> float:
        return 5000.0 + self.seconds

    def real_seconds(self, seconds: float) -> float:
        return self.real_s * seconds


class Turns:
    """Answers one after another; the last is given for ever."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.given = 0

    def __call__(self, _params: object) -> Any:
        self.given += 1
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class TellingScope:
    """`answers` are by method: a value, an error to raise, or a function of the parameters."""

    def __init__(self, answers: dict[str, Any] | None = None, clock: Clock | None = None) -> None:
        self.name, self.model, self.state = "garden", "Seestar S50", ScopeState.READY
        self.answers: dict[str, Any] = dict(answers or {})
        self.clock = clock or HandClock()
        self.said: list[tuple[str, Any]] = []
        self.waited: list[float | None] = []
        self.listeners: list[Callable[[Event], None]] = []
        self.away: Exception | None = None

    async def call(self, method: str, params: object = None, timeout: float = 10.0) -> Any:
        self.said.append((method, params))
        answer = self.answers.get(method, {})
        if callable(answer):
            answer = answer(params)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def wait_ready(self, timeout: float | None = None) -> None:
        self.waited.append(timeout)
        if self.away is not None:
            raise self.away

    async def scope_zone(self) -> tzinfo:
        return UTC

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        self.listeners.append(callback)
        return lambda: self.listeners.remove(callback)

    def tell(self, event: str, **fields: Any) -> None:
        """Let everybody who listens hear an event."""
        for listener in list(self.listeners):
            listener(Event(event, fields))

    def commands(self) -> list[str]:
        """The methods that were called, in order."""
        return [method for method, _ in self.said]


def context(scope: TellingScope, told: list[Any] | None = None) -> OperationContext:
    """What an operation on it is given; `told` hears how far it is."""

    def tell(part: float | None, text: str) -> None:
        if told is not None:
            told.append((part, text))

    return OperationContext(scope, tell, 30.0)


def view(**fields: Any) -> dict[str, Any]:
    """A reply of `get_view_state` of one that looks at M 81."""
    return {"View": {"state": "working", "mode": "star", "target_name": "M 81"} | fields}


def views(*told: dict[str, Any], **more: Any) -> TellingScope:
    """A telescope whose view is so, question by question."""
    return TellingScope({"get_view_state": Turns(*told)} | more)


def sent(scope: TellingScope, method: str) -> list[Any]:
    """The parameters of each call of a method."""
    return [params for said, params in scope.said if said == method]


async def heard(scope: TellingScope, work: Any, *events: tuple[str, dict[str, Any]]) -> Any:
    """Let it hear these events as soon as it listens."""
    running = asyncio.ensure_future(work)
    async with asyncio.timeout(20):
        while not scope.listeners and not running.done():
            await asyncio.sleep(0)
        for name, fields in events:
            scope.tell(name, **fields)
        return await running


OUTER = {"lapse_ms": 100}
