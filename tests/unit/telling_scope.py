"""A telescope that answers each command as a test says, on a clock that a test sets."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.instruments.seestar.connection.wire import Event
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
