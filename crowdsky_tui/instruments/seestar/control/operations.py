"""Following what a telescope was told to do: by its outer events, and by asking.

Events come in two layers: inner ones may tell of one failed attempt, only an outer
`complete`, `fail` or `cancel` ends an operation. Events can be lost and connections break, so what
counts in the end is what the telescope says when asked.

Source: docs/design/seestar-protocol.md 4.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from crowdsky_tui.base.clock import SHORTEST_WAIT
from crowdsky_tui.base.errors import (
    CommandRefused,
    NotProved,
    OperationFailed,
    OperationTimeout,
    ScopeTimeout,
    ScopeUnreachable,
)
from crowdsky_tui.instruments.interface import Done, Progress, quiet
from crowdsky_tui.instruments.seestar.connection.refusals import refusal
from crowdsky_tui.instruments.seestar.connection.wire import NO_PARAMS, Event
from crowdsky_tui.instruments.seestar.control.state import number_of, section, text_of
from crowdsky_tui.instruments.seestar.stacking.watch_job import Followed
from crowdsky_tui.store.store import ScopeState

log = logging.getLogger(__name__)

ASK_EVERY_S = 2.0
NOTHING_LIMIT = 6
RECONNECT_S = 15.0
FRESH_S = 3.0
PATIENCE_S = 10.0
"""Real seconds that every operation has at least: a fast demo's clock must not cut it short."""
SAY_TIMEOUT_S = 15.0


class Seen(msgspec.Struct, frozen=True):
    """One look at the telescope: `reached` True at the end, False under way, None: neither."""

    reached: bool | None
    text: str = ""


class Operated(Followed, Protocol):
    """The telescope, as far as operations need it (`SeestarService` is one)."""

    @property
    def name(self) -> str:
        """The telescope's name in the settings."""

    @property
    def model(self) -> str:
        """Its model, as the telescope says it."""

    @property
    def state(self) -> ScopeState:
        """The state of the connection."""


def is_outer(event: Event) -> bool:
    """Whether an event tells of a whole operation, not of one attempt.

    Source: docs/design/seestar-protocol.md 4.
    """
    return "lapse_ms" in event.fields and "page" not in event.fields


async def say(
    scope: Operated, doing: str, method: str, params: object = NO_PARAMS, timeout: float = 10.0
) -> object:
    """Send one command; a refusal becomes an OperationFailed that says what to do."""
    try:
        return await scope.call(method, params, timeout)
    except CommandRefused as error:
        raise refusal(doing, error) from error


async def read_view(scope: Operated) -> dict[str, object]:
    """The `View` object; empty after a fresh boot."""
    return section(await scope.call("get_view_state"), "View")


async def read_mount(scope: Operated) -> dict[str, object]:
    """The `mount` section of the telescope's state."""
    state = await scope.call("get_device_state", {"keys": ["mount"]}, SAY_TIMEOUT_S)
    return section(state, "mount")


class Operation:
    """One operation on one telescope, from the command to the proof.

    `doing` names it in errors. `hear` is called with each event and may call `fail`, `wake` or
    `tell`; `alert` keeps a reason in mind for the case that no other comes.
    """

    def __init__(
        self, scope: Operated, doing: str, limit_s: float, progress: Progress, patience_s: float
    ) -> None:
        self.scope = scope
        self.doing = doing
        self.tell = progress
        self._limit_s = limit_s
        self._patience_s = patience_s
        self._wake = asyncio.Event()
        self._failure: OperationFailed | None = None
        self._alert: OperationFailed | None = None
        self._begun = scope.clock.steady()

    @property
    def elapsed_s(self) -> float:
        """How long it has been going on, in seconds of the steady clock."""
        return self.scope.clock.steady() - self._begun

    def is_fresh(self, fields: dict[str, object]) -> bool:
        """Whether an object or event with `lapse_ms` began with or after this operation."""
        lapse = number_of(fields, "lapse_ms")
        return lapse is None or lapse / 1000 <= self.elapsed_s + FRESH_S

    def wake(self) -> None:
        """Look at the telescope at once."""
        self._wake.set()

    def fail(self, error: OperationFailed) -> None:
        """An outer event says that it has failed."""
        self._failure = error
        self._wake.set()

    def alert(self, error: OperationFailed) -> None:
        """End it by `error` at its next look."""
        self._alert = error

    async def run(
        self,
        command: Callable[[], Awaitable[object]],
        look: Callable[[], Awaitable[Seen]],
        state: str,
        hear: Callable[[Event], None] | None = None,
    ) -> Done:
        """Send the command and look until the end is reached; `state` is what that is called.

        Raises OperationFailed, or a DeviceError if the telescope stays away. Cancelling leaves the
        telescope at it.
        """
        self._begun = self.scope.clock.steady()
        unsubscribe = self.scope.subscribe(hear) if hear else None
        try:
            await self._send(command)
            seen = await self._until_reached(look)
        finally:
            if unsubscribe is not None:
                unsubscribe()
        return Done(state, seen.text, round(self.elapsed_s, 1))

    async def _send(self, command: Callable[[], Awaitable[object]]) -> None:
        """The answer may be lost where the command is not: looking tells."""
        try:
            await command()
        except (ScopeTimeout, ScopeUnreachable) as error:
            log.info("%s: no answer to the command, looking what became of it", self.doing)
            self.tell(None, f"no answer yet: {error.why or error.what}")
            await self._reconnected()

    async def _until_reached(self, look: Callable[[], Awaitable[Seen]]) -> Seen:
        clock = self.scope.clock
        now = asyncio.get_running_loop().time
        deadline = now() + max(clock.real_seconds(self._limit_s), self._patience_s)
        nothing, away = 0, None
        while now() < deadline:
            self._wake.clear()
            self._raise_failure()
            try:
                seen = await look()
            except (ScopeTimeout, ScopeUnreachable) as error:
                away = error
                self.tell(None, "the connection is gone, waiting for it")
                await self._reconnected()
                continue
            except CommandRefused as error:
                raise refusal(self.doing, error) from error
            away = None
            if seen.reached:
                return seen
            nothing = 0 if seen.reached is False else nothing + 1
            if nothing >= NOTHING_LIMIT:
                self._raise_failure()
                raise self._alert or self._not_proved(seen)
            await self._sleep()
        self._raise_failure()
        if away is not None:
            raise away
        raise self._alert or OperationTimeout(
            f"{self.doing} took too long",
            f"it had not ended after {self._limit_s:.0f} s",
            "Look at the telescope; stop it, then try again",
        )

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _not_proved(self, seen: Seen) -> NotProved:
        return NotProved(
            f"{self.doing} cannot be proved",
            seen.text or "the telescope neither does it nor has done it",
            "Look at the telescope, then try again",
        )

    async def _reconnected(self) -> None:
        await asyncio.sleep(SHORTEST_WAIT)
        try:
            await self.scope.wait_ready(RECONNECT_S)
        except (ScopeTimeout, ScopeUnreachable):
            return

    async def _sleep(self) -> None:
        pause = max(self.scope.clock.real_seconds(ASK_EVERY_S), SHORTEST_WAIT)
        try:
            async with asyncio.timeout(pause):
                await self._wake.wait()
        except TimeoutError:
            return


class OperationContext(msgspec.Struct, frozen=True):
    """What every operation is given: the telescope, who is told, and the least real seconds."""

    scope: Operated
    progress: Progress = quiet
    patience_s: float = PATIENCE_S

    def operation(self, doing: str, limit_s: float) -> Operation:
        return Operation(self.scope, doing, limit_s, self.progress, self.patience_s)


def elapsed_since(begun: float, scope: Operated) -> float:
    """Seconds of the steady clock since `begun`, to 0.1 s."""
    return round(scope.clock.steady() - begun, 1)


def is_working(view: dict[str, object]) -> bool:
    """Whether a `View` object runs: ended ones stay, with mode `none`."""
    return view.get("state") == "working" and text_of(view, "mode") not in ("", "none")
