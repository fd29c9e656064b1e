"""Dialogs that are a list: help, details, dry run."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.widget import Widget

from crowdsky_tui.tui.actions.action import Action, Group
from crowdsky_tui.tui.desk import Pane
from crowdsky_tui.tui.key_names import show_keys
from crowdsky_tui.tui.screens.list_dialog import ListDialog
from crowdsky_tui.tui.widgets.paint import Part, width_of
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.rows import Row
from crowdsky_tui.tui.widgets.table.table import Table

if TYPE_CHECKING:
    from crowdsky_tui.progress.requests import PlanLine

LONGEST_LABEL = 26
FRAME = 8
"""Cells of a line that are neither label nor text: border, padding, cursor, gap, scroll mark."""
Entry = tuple[str, str, str]
"""A label, a text of any length, the text's style. A heading has no label."""


class Line(NamedTuple):
    """One line of a listing, and the entry that it is a part of."""

    number: int
    row: Row
    entry: Entry


def words_of(line: Line) -> str:
    """What a filter looks into: the whole entry, so that all of its lines stay together."""
    return f"{line.entry[0]} {line.entry[1]}"


class Listing(ListDialog[bool]):
    """Labels at the left, wrapped text at the right, scrolled with the keys of every list."""

    takes_typed_ahead = True
    hints = "/ filter · y copy · esc close"
    widest = 96

    def __init__(self, title: str, entries: Sequence[Entry]) -> None:
        super().__init__()
        self.title_text = title
        self._entries = entries
        self.beside = 0
        """Cells of the box that something beside the list takes."""
        self._filled_for: Size | None = None
        self._label_width = label_width(entries)

    def body(self) -> list[Widget]:
        """What stands between the dialog's title and its keys."""
        self.table: Table[Line] = Table(
            self._columns(), lambda line: line.row, lambda line: line.number, words=words_of
        )
        self.table.active = True
        self._fill(self.app.size)
        return [self.table]

    def _columns(self) -> tuple[Column, Column]:
        return (Column("", self._label_width), Column("", 20, flex=1))

    def on_resize(self, event: events.Resize) -> None:
        self._fill(event.size)

    def _fill(self, size: Size) -> None:
        """Wrap the entries to a screen of this size."""
        if size == self._filled_for:
            return
        self._filled_for = size
        whole = min(size.width * 9 // 10, self.widest) - FRAME - self.beside
        label = self._label_width
        rows = [(row, entry) for entry in self._entries for row in entry_rows(entry, whole, label)]
        self.table.styles.height = min(len(rows), max(size.height - 4, 3))
        self.table.show([Line(number, *each) for number, each in enumerate(rows)])

    def replace(self, entries: Sequence[Entry]) -> None:
        """Show these instead."""
        self._entries, self._filled_for = entries, None
        self._label_width = label_width(entries)
        self.table.set_shape(self._columns(), lambda line: line.row)
        self._fill(self.app.size)

    def copied(self) -> list[tuple[str, str]]:
        """What `y` copies: what it is, and its text."""
        chosen = self.table.selected
        return [] if chosen is None else self.copied_entry(*chosen.entry[:2])

    def copied_entry(self, label: str, text: str) -> list[tuple[str, str]]:
        """What `y` copies of the entry under the cursor."""
        return [("line", f"{label}  {text}".strip())] if text else []


def label_width(entries: Sequence[Entry]) -> int:
    """Cells that the labels take."""
    return min(max((width_of(entry[0]) for entry in entries), default=0), LONGEST_LABEL)


def entry_rows(entry: Entry, whole: int, label_width: int) -> list[Row]:
    """An entry as rows: its text wrapped beside its label, or over all of `whole` without one."""
    label, text, style = entry
    if not label:
        indent = " " * (len(text) - len(text.lstrip()))
        lines = textwrap.wrap(text, max(whole, 20), subsequent_indent=indent)
        return [((line, style),) for line in lines or [""]]
    lines = textwrap.wrap(text, max(whole - label_width, 20)) or [""]
    labels: list[Part] = [(label, "key")] + [("", "")] * (len(lines) - 1)
    return [(part, (line, style)) for part, line in zip(labels, lines, strict=True)]


class Details(Listing):
    """Everything about one row; what is copied is a value without its label."""

    def copied_entry(self, label: str, text: str) -> list[tuple[str, str]]:
        return [(label or "line", text)] if text else []


class Help(Listing):
    """All keys; those that matter in this pane first."""


def help_entries(actions: Sequence[Action], pane: Pane) -> list[Entry]:
    """The registry as entries, with the pane's own keys on top."""
    mine = [action for action in actions if pane in action.hint and action.group is not Group.APP]
    entries: list[Entry] = [("", f"In the {pane} pane", "strong")]
    entries += [_help_entry(action, action.about.get(pane, action.help)) for action in mine]
    for group in Group:
        rest = [action for action in actions if action.group is group and action not in mine]
        entries += [("", "", ""), ("", group.value, "strong")]
        entries += [_help_entry(action, action.help) for action in rest]
    return entries


def dialog_help(hints: str, actions: Sequence[Action]) -> list[Entry]:
    """A dialog's own keys on top, as it tells them itself, then those of the desk."""
    own = [hint.partition(" ") for hint in hints.split(" · ") if hint]
    entries: list[Entry] = [("", "In this window", "strong")]
    entries += [(keys, words or "leave", "") for keys, _, words in own]
    for group in Group:
        entries += [("", "", ""), ("", f"On the desk: {group.value}", "strong")]
        entries += [_help_entry(each, each.help) for each in actions if each.group is group]
    return entries


def _help_entry(action: Action, text: str) -> Entry:
    return (show_keys(action.keys), text, "")


class Plan(Listing):
    """A dry run. Dismissed with True if it shall be done."""

    takes_typed_ahead = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "accept", show=False)]

    def __init__(self, title: str, plan: "Sequence[PlanLine]") -> None:
        super().__init__(title, plan_entries(plan))
        self._doable = any(line.action != "skip" for line in plan)
        self.hints = "enter do it · esc leave" if self._doable else "nothing to do · esc leave"

    def action_accept(self) -> None:
        self.dismiss(self._doable)


_PLAN_WORDS = {
    "stack": ("Stack", "accent"),
    "fetch": ("Fetch", "accent"),
    "upload": ("Upload", "accent"),
    "delete": ("Delete", "bad"),
    "skip": ("Leave alone", "dim"),
}


def plan_entries(plan: "Sequence[PlanLine]") -> list[Entry]:
    """Plan lines grouped by what would be done, what is left alone last."""
    entries: list[Entry] = []
    actions = [*_PLAN_WORDS, *{line.action for line in plan if line.action not in _PLAN_WORDS}]
    for action in actions:
        lines = [line for line in plan if line.action == action]
        if not lines:
            continue
        word, style = _PLAN_WORDS.get(action, (action, ""))
        if entries:
            entries.append(("", "", ""))
        entries.append(("", f"{word} ({len(lines)})", "strong"))
        for line in lines:
            text = " · ".join(part for part in (line.what, line.reason) if part)
            entries.append((f"{line.target} on {line.scope}", text, style))
    return entries or [("", "There is nothing to do: nothing was found for this.", "dim")]
