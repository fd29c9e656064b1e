"""What an action may see and do: the four panes as the registry knows them, without Textual."""

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from crowdsky_tui.blocks.keys import BlockKey
    from crowdsky_tui.config.editor import SettingsBook
    from crowdsky_tui.night.interfaces import NightInterface
    from crowdsky_tui.progress.queue_pace import QueueLeft
    from crowdsky_tui.progress.requests import PlanLine
    from crowdsky_tui.store.store import BlockView, JobView, StackRow, TargetView
    from crowdsky_tui.tui.undo import UndoStack


RESTART = 250
"""What the app returns when it shall begin again with other settings; never an exit code."""


SIGN_IN = (
    "Press i to sign in, or set server.username and server.password in the settings, "
    "or CROWDSKY_USERNAME and CROWDSKY_PASSWORD"
)


class Pane(StrEnum):
    """The four lists of the main screen."""

    TARGETS = "targets"
    BLOCKS = "blocks"
    JOBS = "jobs"
    SERVER = "server"


class Move(StrEnum):
    """A step of the cursor in a list."""

    UP = "up"
    DOWN = "down"
    PAGE_UP = "page up"
    PAGE_DOWN = "page down"
    TOP = "top"
    BOTTOM = "bottom"


class ScopeAction(msgspec.Struct, frozen=True):
    """One thing to be told to a scope. `action` and `text` are `Sessions.do`'s.

    With `ask_for` the text is typed; `yes` is what is to be confirmed.
    """

    title: str
    help: str
    action: str
    text: str = ""
    ask_for: str = ""
    yes: str = ""


class Lists(Protocol):
    """A pane's list as actions see it."""

    def start_filter(self) -> None:
        """Open the line in which the filter of the current list is typed."""

    def set_filter(self, text: str) -> None:
        """Show only the rows that hold `text`, in any case; an empty one shows all."""

    def sort_next(self) -> str:
        """Sort the current list by its next column; that column's title."""

    def toggle_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away."""

    def toggle_all_marks(self) -> None:
        """Mark every row shown, or take the marks away where all have one."""

    def draw_range(self, step: Move) -> None:
        """Mark the rows from where the range began to where `step` leads."""

    def clear_marks(self) -> None:
        """Take every mark of the current list away."""

    def copied(self) -> "Sequence[tuple[str, str]]":
        """What can be copied of the current row: a label and the text for each."""

    @property
    def filter_text(self) -> str:
        """The filter of the current list; empty where all is shown."""

    @property
    def has_marks(self) -> bool:
        """Whether a row of the current list is marked."""


class Desk(Protocol):
    """The main screen, as actions see it."""

    book: "SettingsBook"

    @property
    def night(self) -> "NightInterface":
        """The night that is shown, of this process or of an agent."""

    @property
    def pane(self) -> Pane:
        """The pane that has the cursor."""

    def target(self) -> "TargetView | None":
        """The selected target; None where the list is empty."""

    def block(self) -> "BlockView | None":
        """The selected block of the selected target; None where there is none."""

    def job(self) -> "JobView | None":
        """The selected job; None where the list is empty."""

    def stack_row(self) -> "StackRow | None":
        """The selected row of the server's list; None where it is empty."""

    def chosen_targets(self) -> "Sequence[TargetView]":
        """What an action on targets is for: the marked ones while one is among them, or one."""
        ...

    def chosen_blocks(self) -> "Sequence[BlockView]":
        """The marked blocks, or the selected one where none is marked."""

    def chosen_jobs(self) -> "Sequence[JobView]":
        """The marked jobs, or the selected one where none is marked."""

    def chosen_stacks(self) -> "Sequence[StackRow]":
        """The marked rows of the server's list, or the selected one."""

    @property
    def undo(self) -> "UndoStack":
        """What can be taken back, newest last."""

    @property
    def lists(self) -> "Lists":
        """The list of the current pane: its filter, order and marks."""
        ...

    def queue_left(self) -> "QueueLeft":
        """How many jobs there are, and how long they take."""
        ...

    def keys(self) -> dict[str, str]:
        """Each action's first key as people write it, by the action's id."""
        ...

    def go(self, pane: Pane) -> None:
        """Give the cursor to `pane`."""

    def move(self, step: Move) -> None:
        """Move the cursor of the current pane by `step`."""

    def show_jumps(self) -> None:
        """Show a letter over each pane and each row in sight; the one pressed is gone to."""

    def show_details(self) -> None:
        """Show all that is known of the selected row."""

    def show_help(self) -> None:
        """Show every key that works here."""

    def show_palette(self) -> None:
        """Show the list in which an action is sought by its words."""

    def suspend(self) -> None:
        """Stop the app as Ctrl-Z does, until it is brought back."""

    def redraw(self) -> None:
        """Paint the whole screen anew."""

    def show_block(self, key: "BlockKey") -> None:
        """Select the block of `key` wherever it is listed."""

    async def show(self, screen: "Any") -> "Any":
        """Show a dialog; what it was closed with."""

    def next_theme(self) -> None:
        """Change to the next theme, and keep it."""

    def leave(self) -> None:
        """End the app."""

    def restart(self) -> None:
        """End the app and begin it anew with the settings as they are now."""

    def say(self, text: str) -> None:
        """Show a line for a few seconds."""

    async def copy(self, text: str) -> str:
        """Put clean text on the clipboard; says by which way it went."""
        ...

    async def ask(self, title: str, lines: "Sequence[str]", yes: str) -> bool:
        """Ask a question; True only where it was answered by `yes`."""

    async def show_plan(self, title: str, plan: "Sequence[PlanLine]") -> bool:
        """Show what would be done; True where it shall be."""
