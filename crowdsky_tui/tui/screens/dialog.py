"""What all dialogs have in common: a framed box in the middle, closed with esc."""

from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from crowdsky_tui.tui.screens.modal import Modal

T = TypeVar("T")
NOTICE_ROWS = 5
"""How far up from the screen's end a notice of two lines reaches; lifted ones cover the fields."""


class Dialog(Modal[T], Generic[T]):
    """A modal box with a title above its body and hints in its lower edge."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,ctrl+c", "close", show=False)]

    title_text: str = ""
    hints: str = "esc close"

    def body(self) -> list[Widget]:
        """The widgets in the box."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        box = Vertical(*self.body(), id="box")
        box.border_title = Content(self.title_text)
        box.border_subtitle = Content(self.hints)
        yield box

    def set_title(self, text: str) -> None:
        """Show another title above the body."""
        self.title_text = text
        self.query_one("#box").border_title = Content(text)

    def widen(self) -> None:
        """Let the box take the screen's width, for lists with many columns."""
        box, width = self.query_one("#box"), max(self.app.size.width - 2, 20)
        box.styles.width = box.styles.max_width = width

    def hint_row(self) -> int | None:
        edge = self.query_one("#box").region.bottom - 1
        return edge if edge >= self.size.height - NOTICE_ROWS else None

    def action_close(self) -> None:
        """Leave without doing anything."""
        self.dismiss(None)
