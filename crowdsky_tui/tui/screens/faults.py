"""What a screen does by itself, by a timer or a worker, tells of its faults and goes on."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from textual.screen import Screen, ScreenResultType
from textual.timer import Timer
from textual.worker import Worker, WorkerState


class TellsFaults(Screen[ScreenResultType]):
    """The app tells them as those of actions (`start`); a timer's once, not at each tick."""

    def set_interval(
        self, interval: float, callback: Callable[[], Any] | None = None, **more: Any
    ) -> Timer:
        """As Textual's, only that what `callback` raises does not end the app."""
        known: set[str] = set()

        async def tick() -> None:
            try:
                done = callback() if callback is not None else None
                if inspect.isawaitable(done):
                    await done
            except Exception as error:  # noqa: BLE001 - a fault of one callback ends no app
                if repr(error) not in known:
                    known.add(repr(error))
                    self.tell_fault(error)

        return super().set_interval(interval, tick, **more)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tell what a worker of ours raised."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.tell_fault(event.worker.error)

    def tell_fault(self, error: BaseException) -> None:
        start: Callable[[Awaitable[None]], None] | None = getattr(self.app, "start", None)
        if start is not None:
            start(_raise(error))


async def _raise(error: BaseException) -> None:
    raise error
