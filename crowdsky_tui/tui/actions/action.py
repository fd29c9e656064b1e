"""What one action is: its keys, its words, when it can run, and what it does. No Textual."""

from collections.abc import Awaitable, Callable
from enum import StrEnum

import msgspec

from crowdsky_tui.tui.desk import Desk, Pane


class Group(StrEnum):
    """Where an action stands in help and palette."""

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
    shows it; `about` says what it means in one pane where that differs from `help`. Keys typed
    after it wait for the screen that it shows, unless it `shows_nothing`.
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
    shows_nothing: bool = False
