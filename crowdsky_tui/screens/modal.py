"""A screen over the desk: left once, however fast the keys come, and silent about no fault."""

from typing import ClassVar, Generic, TypeVar

from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.worker import Worker, WorkerState

T = TypeVar("T")


class Modal(ModalScreen[T], Generic[T]):
    """A key that was on its way when the screen was left must not take away the one below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+l", "app.redraw", show=False, id="redraw")
    ]

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_current else AwaitComplete()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Tell what a worker of ours raised, as the app tells it of its actions."""
        error = event.worker.error
        start = getattr(self.app, "start", None)
        if event.state is WorkerState.ERROR and error is not None and start is not None:
            start(_raise(error))


async def _raise(error: BaseException) -> None:
    raise error
