"""A screen over the desk: left once, however fast the keys come, and silent about no fault."""

from collections.abc import Awaitable
from typing import ClassVar, Generic, TypeVar

from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.worker import Worker

from crowdsky_tui.screens.faults import TellsFaults
from crowdsky_tui.screens.typeahead import typed_ahead

T = TypeVar("T")


class Modal(TellsFaults[T], ModalScreen[T], Generic[T]):
    """A key that was on its way when the screen was left must not take away the one below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+l", "app.redraw", show=False, id="redraw")
    ]

    takes_typed_ahead: ClassVar[bool] = False
    """Whether keys may count that were typed before it was on the screen.

    Only where none of them does what cannot be taken back.
    """

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        if not self.is_current:
            return AwaitComplete()
        typed_ahead(self).leaves(self, chosen=result is not None)
        return super().dismiss(result)

    def begin(self, work: Awaitable[None]) -> Worker[None]:
        """Do what a key asks for and what may show a screen; what is typed waits for that."""
        return self.run_worker(typed_ahead(self).follow(work), exit_on_error=False)
