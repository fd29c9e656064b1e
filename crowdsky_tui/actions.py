"""One registry of everything a key can do.

Bindings, footer, help page, command palette and the README's key table all come from `ACTIONS`, so
they cannot disagree. Users remap by `id` (see `keymap.py`). Importing this imports no Textual.
"""

from collections.abc import Awaitable, Callable
from enum import StrEnum

import msgspec

from crowdsky_tui import intents
from crowdsky_tui.desk import Desk, Move, Pane


class Group(StrEnum):
    WORK = "Work"
    LOOK = "Look"
    MOVE = "Move"
    APP = "App"


def always(_desk: Desk) -> str | None:
    """No reason against it, ever."""
    return None


class Action(msgspec.Struct, frozen=True):
    """One thing that a user can do.

    `keys` as Textual names them. `title` is short, for footer and palette; `help` is one sentence.
    `when` returns None, or the reason why it cannot run now. `hint` lists the panes whose footer
    shows it; `about` says what it means in one pane where that differs from `help`.
    """

    id: str
    keys: tuple[str, ...]
    title: str
    help: str
    group: Group
    run: Callable[[Desk], Awaitable[None] | None]
    when: Callable[[Desk], str | None] = always
    hint: tuple[Pane, ...] = ()
    about: dict[Pane, str] = {}


_LISTS = (Pane.TARGETS, Pane.BLOCKS)
_ALL = tuple(Pane)

_WORK = (
    Action(
        "stack", ("s",), "stack", "Stack the blocks of the selected target that are ready",
        Group.WORK, intents.stack, intents.stack_reason, _LISTS,
        {Pane.BLOCKS: "Stack the selected block"},
    ),
    Action(
        "stack-all", ("S",), "stack all", "Stack every block that is ready, on every scope",
        Group.WORK, intents.stack_all, intents.stack_all_reason,
        (Pane.TARGETS, Pane.JOBS),
    ),
    Action(
        "upload", ("u",), "upload", "Fetch and upload the stacks of the selected target",
        Group.WORK, intents.upload, intents.upload_reason, _LISTS,
    ),
    Action(
        "upload-all", ("U",), "upload all", "Fetch and upload every stack not yet on the server",
        Group.WORK, intents.upload_all, intents.account_reason, (Pane.JOBS, Pane.SERVER),
    ),
    Action(
        "dry-run", ("d",), "dry run", "Show what stack and upload would do to the selected target",
        Group.WORK, intents.dry_run, intents.target_reason, _LISTS,
    ),
    Action(
        "dry-run-all", ("D",), "dry run all", "Show what stack all and upload all would do",
        Group.WORK, intents.dry_run_all,
    ),
    Action(
        "cancel", ("x",), "cancel", "Cancel the job that is selected in the job log (asks first)",
        Group.WORK, intents.cancel, intents.cancel_reason, (Pane.JOBS,),
    ),
    Action(
        "refresh", ("r",), "refresh", "Read the scopes and the server's list again",
        Group.WORK, intents.refresh, hint=(Pane.SERVER,),
    ),
)  # fmt: skip

_LOOK = (
    Action(
        "open", ("enter",), "open", "Go to the blocks of the target; elsewhere show the details",
        Group.LOOK, intents.open_selected, hint=_ALL,
        about={Pane.TARGETS: "Go to the blocks of the selected target",
               Pane.BLOCKS: "Show all there is to know about the selected block",
               Pane.JOBS: "Show the selected job or line in full",
               Pane.SERVER: "Show the selected stack in full"},
    ),
    Action(
        "filter", ("slash",), "filter", "Show only the rows that hold a text (!text: that don't)",
        Group.LOOK, lambda desk: desk.start_filter(), hint=_ALL,
    ),
    Action(
        "clear-filter", ("escape",), "clear filter", "Show all rows of this list again",
        Group.LOOK, lambda desk: desk.clear_filter(), intents.filter_reason,
    ),
    Action("pane-targets", ("1",), "targets", "Go to the targets", Group.LOOK,
           intents.go(Pane.TARGETS)),
    Action("pane-blocks", ("2",), "blocks", "Go to the block schedule of the selected target",
           Group.LOOK, intents.go(Pane.BLOCKS)),
    Action("pane-jobs", ("3",), "jobs", "Go to the job log", Group.LOOK, intents.go(Pane.JOBS)),
    Action("pane-server", ("4",), "server", "Go to the stacks on the server", Group.LOOK,
           intents.go(Pane.SERVER)),
)  # fmt: skip

_MOVE = (
    Action("pane-next", ("tab",), "next pane", "Go to the next pane", Group.MOVE,
           intents.turn(1)),
    Action("pane-previous", ("shift+tab",), "previous pane", "Go to the previous pane",
           Group.MOVE, intents.turn(-1)),
    Action("pane-left", ("left", "h"), "left pane", "Go to the pane on the left", Group.MOVE,
           intents.go_left),
    Action("pane-right", ("right", "l"), "right pane", "Go to the pane on the right", Group.MOVE,
           intents.go_right),
    Action("cursor-down", ("down", "j"), "down", "One row down", Group.MOVE,
           intents.move(Move.DOWN)),
    Action("cursor-up", ("up", "k"), "up", "One row up", Group.MOVE, intents.move(Move.UP)),
    Action("page-down", ("pagedown", "ctrl+d"), "page down", "One page down", Group.MOVE,
           intents.move(Move.PAGE_DOWN)),
    Action("page-up", ("pageup", "ctrl+u"), "page up", "One page up", Group.MOVE,
           intents.move(Move.PAGE_UP)),
    Action("cursor-top", ("g", "home"), "top", "To the first row", Group.MOVE,
           intents.move(Move.TOP)),
    Action("cursor-bottom", ("G", "end"), "bottom", "To the last row", Group.MOVE,
           intents.move(Move.BOTTOM)),
)  # fmt: skip

_APP = (
    Action("help", ("question_mark", "f1"), "help", "All keys, those of this pane first",
           Group.APP, lambda desk: desk.show_help(), hint=_ALL),
    Action("palette", ("colon", "ctrl+p"), "commands", "Find any of these by name", Group.APP,
           lambda desk: desk.show_palette()),
    Action("suspend", ("ctrl+z",), "suspend", "Back to the shell for a while (fg returns)",
           Group.APP, lambda desk: desk.suspend()),
    Action("quit", ("q", "ctrl+c"), "quit", "Quit (asks while work is not finished)",
           Group.APP, intents.leave, hint=_ALL),
)  # fmt: skip

ACTIONS: tuple[Action, ...] = (*_WORK, *_LOOK, *_MOVE, *_APP)
BY_ID: dict[str, Action] = {action.id: action for action in ACTIONS}
