"""A screen over the desk: left once, however fast the keys come, and silent about no fault."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

from textual._styles_cache import StylesCache
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.worker import Worker

from crowdsky_tui.tui.screens.faults import TellsFaults
from crowdsky_tui.tui.screens.typeahead import typed_ahead

if TYPE_CHECKING:
    from crowdsky_tui.tui.screens.main import MainScreen

T = TypeVar("T")


class Modal(TellsFaults[T], ModalScreen[T], Generic[T]):
    """A key that was on its way when the screen was left must not take away the one below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+l", "app.redraw", show=False, id="redraw"),
        Binding("question_mark,f1", "help", show=False, id="help"),
        Binding("colon,ctrl+p", "palette", show=False, id="palette"),
    ]
    hints: str = ""
    """Its own keys, as its lower edge tells them: `k keep · esc leave`."""

    takes_typed_ahead: ClassVar[bool] = False
    """Whether keys may count that were typed before it was on the screen.

    Only where none of them does what cannot be taken back.
    """

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        if not self.is_current:
            return AwaitComplete()
        typed_ahead(self).leaves(self, chosen=result is not None)
        return super().dismiss(result)

    def on_mount(self) -> None:
        """Keep notices off the screen's own keys, wherever these come to lie."""
        self.screen_layout_refresh_signal.subscribe(self, lambda _: self._lift_notices())

    def hint_row(self) -> int | None:
        """The screen's row where its own keys begin; None where they are not near its end."""
        return None

    def _lift_notices(self) -> None:
        row = self.hint_row()
        rows = 1 if row is None else max(self.size.height - row, 1)
        for rack in self.query("ToastRack"):
            if rack.styles.margin.bottom != rows:
                rack.styles.margin = (0, 0, rows, 0)

    def on_unmount(self) -> None:
        """Let go of the lines that were painted: Textual keeps those of 1,024 widgets gone."""
        StylesCache.get_inner_outer.cache_clear()

    def begin(self, work: Awaitable[None]) -> Worker[None]:
        """Do what a key asks for and what may show a screen; what is typed waits for that."""
        return self.run_worker(typed_ahead(self).follow(work), exit_on_error=False)

    def action_help(self) -> None:
        """Show this screen's keys, and those of the desk below them."""
        from crowdsky_tui.tui.screens.listing import Help, dialog_help

        self.app.push_screen(Help("Help", dialog_help(self.hints, self._desk.actions)))

    def action_palette(self) -> None:
        """Find a command; the one that is chosen leaves all dialogs and runs on the desk."""
        self.begin(self._choose_command())

    async def _choose_command(self) -> None:
        from crowdsky_tui.tui.screens.palette import Palette

        desk = self._desk
        palette = Palette(desk.actions, lambda action: action.when(desk))
        if (chosen := await self.app.push_screen_wait(palette)) is not None:
            self.app.call_later(desk.act_alone, chosen.id)

    @property
    def _desk(self) -> "MainScreen":
        return cast("MainScreen", self.app.screen_stack[0])
