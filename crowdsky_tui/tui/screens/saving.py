"""Saving a picture or a film from a screen that shows stacks."""

from datetime import date
from typing import TYPE_CHECKING, ClassVar, Generic, NamedTuple, TypeVar

from textual.binding import Binding, BindingType

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.threads import finished
from crowdsky_tui.fits.messages import STRETCHES
from crowdsky_tui.night.calls.pictures import MakeFilm, SavePicture
from crowdsky_tui.tui.screens.modal import Modal

if TYPE_CHECKING:
    from crowdsky_tui.blocks.keys import TargetKey
    from crowdsky_tui.night.calls.call import Call
    from crowdsky_tui.night.interfaces import NightInterface

T = TypeVar("T")
NORMAL = STRETCHES.index("normal")
SAVING_KEYS = (("P", "save"), ("F", "film"))


class ShownStack(NamedTuple):
    """The stack under the cursor: its target, its `GalleryItem.key`, the stretch it is shown by."""

    target: "TargetKey"
    key: str
    stretch: int = NORMAL


class SavesPictures(Modal[T], Generic[T]):
    """A screen with a stack under its cursor: `P` saves its picture, `F` its target's film."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("P", "save", show=False),
        Binding("F", "film", show=False),
    ]
    night: "NightInterface"

    def shown_stack(self) -> ShownStack | None:
        """The stack under the cursor; None if there is none."""
        raise NotImplementedError

    def action_save(self) -> None:
        """Save the picture as a file."""
        if (shown := self._shown_or_said()) is not None:
            self.notify("Saving its picture …", markup=False)
            self._ask(SavePicture(shown.target, shown.key, shown.stretch))

    def action_film(self) -> None:
        """Make the target's film."""
        self.make_film()

    def make_film(self, evening: date | None = None) -> None:
        """Queue a film of the target's stacks, of one night or of all."""
        if (shown := self._shown_or_said()) is not None:
            self._ask(MakeFilm(shown.target, evening))

    def _shown_or_said(self) -> ShownStack | None:
        if (shown := self.shown_stack()) is None:
            self.notify("There is no stack here yet", markup=False)
        return shown

    def _ask(self, call: "Call[str]") -> None:
        app, night = self.app, self.night

        async def ask() -> None:
            """Never cut short, even by leaving: that would cost the science child."""
            try:
                app.notify(await finished(night.do(call)), markup=False)
            except CrowdSkyError as error:
                app.notify(str(error), severity="error", markup=False)

        app.run_worker(ask(), exit_on_error=False)
