"""Keys typed ahead: one is handed on when what the one before it began is on the screen.

A key that opens something holds what is typed after it until that has the focus; then it is for
that screen only, and dropped when the screen is left. Screens on which a single key does what
cannot be taken back take none of it (`Modal.takes_typed_ahead`).
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from time import monotonic
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary, WeakSet

from textual.app import App
from textual.dom import DOMNode
from textual.events import Event
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget

T = TypeVar("T")
ROUNDS = 3
"""Passes until what a key's handler posts, and what that posts in turn, is handled."""
TICK_S = 0.1
MOST_TICKS = 10
"""How long keys wait for a screen at most; counted in ticks, so that a stall counts as one."""
Place = tuple[Screen[Any], Widget | None]
"""Where keys go: the uppermost screen, and what has the focus in it."""


class Begun:
    """Work that a key began, which may show screens: which one now, and whether keys wait."""

    def __init__(self) -> None:
        self.showing: Screen[Any] | None = None
        self.holds = True
        self.chosen = True
        """Whether keys were meant for what it opens: not after a screen was left by esc."""
        self.ticks = 0


class TypedAhead:
    """Hands the keys of one app on. `deliver` is how Textual itself would take an event."""

    def __init__(self, app: App[Any], deliver: Callable[[Event], Awaitable[None]]) -> None:
        self._app = app
        self._deliver = deliver
        self._waiting: deque[tuple[Event, Place | None]] = deque()
        self._handling = False
        self._begun: set[Begun] = set()
        self._by_task: dict[asyncio.Task[Any], Begun] = {}
        self._ready: WeakSet[Screen[Any]] = WeakSet()
        self._first_frames: WeakKeyDictionary[Screen[Any], float] = WeakKeyDictionary()
        self._dead_before = 0.0
        self._opened: tuple[Place | None, float] = (None, 0.0)

    # Keys

    async def take(self, event: Event) -> None:
        """Hand a key or a paste on, now or as soon as it is its turn."""
        place, opened_at = self._opened
        self._waiting.append((event, place if event.time < opened_at else None))
        await self._go_on()

    async def _go_on(self) -> None:
        while self._waiting and self.is_open():
            event, place = self._waiting.popleft()
            if event.time < self._dead_before or (place is not None and place != self._place()):
                continue
            before = self._place()
            self._handling = True
            chain = self._chain()
            await self._deliver(event)
            self._pass_through(chain, before)

    def is_open(self) -> bool:
        """Whether a key would be handed on at once: what the last one began is on the screen."""
        if self._handling or any(begun.holds for begun in self._begun):
            return False
        stack = self._app.screen_stack
        return bool(stack) and stack[-1] in self._ready

    def _place(self) -> Place:
        return self._app.screen, self._app.focused

    def _chain(self) -> list[MessagePump]:
        """Whose queues a key passes: from what has the focus up to the app."""
        nodes: list[DOMNode] = list((self._app.focused or self._app.screen).ancestors_with_self)
        return [*nodes]

    def _pass_through(self, chain: list[MessagePump], before: Place) -> None:
        """Come back when each of these has handled what it has to handle now."""

        def step(at: int, rounds: int) -> None:
            for position in range(at, len(chain)):
                if chain[position].call_later(step, position + 1, rounds):
                    return
            if rounds:
                step(0, rounds - 1)
            else:
                self._app.call_later(self._handled, before)

        step(0, ROUNDS - 1)

    async def _handled(self, before: Place) -> None:
        self._handling = False
        screen, focused = self._place()
        if screen is before[0] and focused is not None and focused is not before[1]:
            self._belongs_to((screen, focused), monotonic())
        await self._go_on()

    def _belongs_to(self, place: Place, shown_at: float) -> None:
        """What was typed before `shown_at` is for this place only."""
        self._opened = (place, shown_at)
        self._waiting = deque(
            (event, place if event.time < shown_at else other) for event, other in self._waiting
        )

    def drop(self, shown_at: float | None = None) -> None:
        """Forget what was typed before then, or until now."""
        self._dead_before = monotonic() if shown_at is None else shown_at

    # Screens

    def comes(self, screen: Screen[Any]) -> None:
        """A screen has been pushed: nothing is handed on until it is painted."""
        task = asyncio.current_task()
        begun = self._by_task.get(task) if task is not None else None
        if begun is not None:
            begun.showing, begun.holds = screen, False
        screen.call_later(self._app.call_later, self._mounted, screen)

    def _mounted(self, screen: Screen[Any]) -> None:
        """It is composed and has its focus; wait for its first frame, but not for ever."""
        screen.call_after_refresh(self._app.call_later, self._painted, screen)
        loop = asyncio.get_running_loop()
        loop.call_later(TICK_S * MOST_TICKS, self._app.call_later, self._painted, screen)

    def displayed(self, screen: Screen[Any]) -> None:
        """A frame with this screen on top is on its way to the terminal."""
        self._first_frames.setdefault(screen, monotonic())

    async def _painted(self, screen: Screen[Any]) -> None:
        if screen not in self._ready:
            self._ready.add(screen)
            shown_at = self._first_frames.get(screen, monotonic())
            if screen is self._app.screen:
                if getattr(screen, "takes_typed_ahead", False):
                    self._belongs_to(self._place(), shown_at)
                else:
                    self.drop(shown_at)
        await self._go_on()

    def leaves(self, screen: Screen[Any], *, chosen: bool) -> None:
        """A screen is left: keys wait for what the work that showed it does next."""
        for begun in self._begun:
            if begun.showing is screen:
                begun.showing, begun.holds, begun.chosen, begun.ticks = None, True, chosen, 0
                self._tick_later(begun)
        self._app.call_later(self._go_on)

    # Work

    def follow(self, work: Awaitable[T]) -> Coroutine[Any, Any, T]:
        """`work`, begun by a key that is being handled: what is typed waits for its screen.

        If it ends without one, or shows none for a second, what was typed is dropped.
        """
        begun = Begun()
        self._begun.add(begun)
        self._tick_later(begun)
        return self._followed(work, begun)

    async def _followed(self, work: Awaitable[T], begun: Begun) -> T:
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._by_task[task] = begun
        try:
            return await work
        finally:
            self._by_task.pop(task, None)
            self._end(begun)

    def _tick_later(self, begun: Begun) -> None:
        asyncio.get_running_loop().call_later(TICK_S, self._tick, begun)

    def _tick(self, begun: Begun) -> None:
        if begun not in self._begun or not begun.holds:
            return
        begun.ticks += 1
        if begun.ticks < MOST_TICKS:
            self._tick_later(begun)
        else:
            self._release(begun)

    def _end(self, begun: Begun) -> None:
        self._begun.discard(begun)
        self._release(begun)

    def _release(self, begun: Begun) -> None:
        """It shows nothing: what was typed for it is nobody's."""
        if begun.holds and begun.chosen:
            self.drop()
        begun.holds = False
        self._app.call_later(self._go_on)


def typed_ahead(node: MessagePump) -> TypedAhead:
    """The keys of the app that a screen or widget is shown by."""
    found: TypedAhead = cast("Any", node.app).typed_ahead
    return found
