"""An event loop whose time jumps to the next timer whenever nothing is left to do.

A night of hours takes as long as its work takes, on a slow machine too, and always goes the same.
Real sockets and real threads work as usual: while a thread is at work, or bytes are on their way,
the time stands still.
"""

import asyncio
import contextvars
import selectors
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest

from crowdsky_tui.base.clock import Clock

T = TypeVar("T")

BYTES_ARRIVE_S = 0.0005
THREAD_PATIENCE_S = 0.05
LONGEST_JUMP_S = 60.0


class _Selector(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.loop: VirtualLoop | None = None

    def select(self, timeout: float | None = None) -> Any:
        loop = self.loop
        found = super().select(0)
        if found or loop is None or (timeout is not None and timeout <= 0):
            return found
        if loop.at_work or timeout is None:
            return super().select(THREAD_PATIENCE_S)
        found = super().select(BYTES_ARRIVE_S)
        if not found:
            loop.jump(min(timeout, LONGEST_JUMP_S))
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    """`at_work` counts the threads that the loop waits for."""

    def __init__(self) -> None:
        self._now = 0.0
        self.at_work = 0
        selector = _Selector()
        super().__init__(selector)
        selector.loop = self

    def time(self) -> float:
        """Seconds since its beginning."""
        return self._now

    def jump(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds

    def run_in_executor(self, *arguments: Any) -> Any:  # type: ignore[override]
        """As usual; the time stands still until it is done."""
        return self.waits_for(super().run_in_executor(*arguments))

    def waits_for(self, future: asyncio.Future[Any]) -> asyncio.Future[Any]:
        """The same; the time stands still until it is done."""
        self.at_work += 1
        future.add_done_callback(self._done, context=contextvars.Context())
        return future

    def _done(self, _future: Any) -> None:
        self.at_work -= 1


class VirtualClock(Clock):
    """Reads `origin` at the loop's beginning, and runs `speed` times as fast as the loop."""

    def __init__(self, loop: VirtualLoop, origin: datetime, speed: float) -> None:
        super().__init__(origin, origin, speed)
        self._loop = loop
        self._origin = origin

    def now(self) -> datetime:
        return self._origin + timedelta(seconds=self._loop.time() * self.speed)

    def steady(self) -> float:
        return self._loop.time() * self.speed


def run_virtual(work: Callable[[VirtualLoop], Coroutine[Any, Any, T]]) -> T:
    """Run `work` to its end on such a loop."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, VirtualLoop)
        wrap = asyncio.wrap_future

        def wrap_counted(future: Any) -> asyncio.Future[Any]:
            return loop.waits_for(wrap(future, loop=loop))

        with pytest.MonkeyPatch.context() as patched:  # the database has a thread of its own
            patched.setattr(asyncio, "wrap_future", wrap_counted)
            return runner.run(work(loop))
