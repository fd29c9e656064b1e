"""The last line: the keys that matter in this pane, `?` and `q` always among them."""

from collections.abc import Callable, Sequence

from textual import events
from textual.message import Message

from crowdsky_tui.tui.actions.action import Action
from crowdsky_tui.tui.key_names import show_key
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.paint import Part, width_of

ALWAYS = ("help", "quit")
MOST_HINTS = 8


def hint_width(action: Action) -> int:
    """Columns that an action's key and title take."""
    return width_of(show_key(action.keys[0])) + width_of(action.title) + 3


def choose_hints(actions: Sequence[Action], width: int) -> list[Action]:
    """The actions that fit in `width`, in their order; those in ALWAYS never give way.

    The blank after the last one need not fit.
    """
    room = width + 1 - sum(hint_width(action) for action in actions if action.id in ALWAYS)
    others = MOST_HINTS - len(ALWAYS)
    chosen = []
    for action in actions:
        if action.id not in ALWAYS:
            others -= 1
            room -= hint_width(action)
            if room < 0 or others < 0:
                continue
        chosen.append(action)
    return chosen


class KeyHints(Lines):
    """Hints of actions; a disabled one is dim. A click on one posts `Chosen`."""

    class Chosen(Message):
        """An action was clicked."""

        def __init__(self, action: Action) -> None:
            super().__init__()
            self.action = action

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._ends: list[tuple[int, Action]] = []

    def update(
        self, actions: Sequence[Action], disabled: Callable[[Action], bool], width: int
    ) -> None:
        """Show as many of these as fit in `width`."""
        line: list[Part] = []
        x = 0
        self._ends = []
        for action in choose_hints(actions, width):
            off = disabled(action)
            key = show_key(action.keys[0])
            line += [(f" {key} ", "dim" if off else "key"), (f"{action.title} ", "dim")]
            x += hint_width(action)
            self._ends.append((x, action))
        self.show([line])

    def on_click(self, event: events.Click) -> None:
        for end, action in self._ends:
            if event.x < end:
                self.post_message(self.Chosen(action))
                return
