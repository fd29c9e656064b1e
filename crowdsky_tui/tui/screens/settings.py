"""Every setting: its value, where that comes from and what it means; to be changed and tried."""

import asyncio
import textwrap
from collections.abc import Sequence
from time import monotonic
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.editor import SettingLine, SettingsBook, for_the_app, pair_of
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.scope_settings import scope_name
from crowdsky_tui.tui.screens.choice import Choice
from crowdsky_tui.tui.screens.form import Field, Form
from crowdsky_tui.tui.screens.list_dialog import ListDialog
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.rows import Row
from crowdsky_tui.tui.widgets.table.sorting import Order, in_order
from crowdsky_tui.tui.widgets.table.table import Table

COLUMNS = (Column("setting", 24), Column("value", 12, flex=1), Column("from", 18, drop=1))
TESTS = (
    "[@click=screen.try('scope')][b]s[/b] test scope[/]   "
    "[@click=screen.try('server')][b]v[/b] test server[/]   "
    "[@click=screen.try('notice')][b]n[/b] test notice[/]"
)
FRAME, STATUS_LINES = 4, 2
"""Lines of the box beside list and explanation: its own, and those of a test's result."""
LONGEST_VALUE = 200
ORDERS = (
    Order("by group", lambda line: 0),
    Order("changed first", lambda line: line.source == "default"),
    Order("by name", lambda line: line.key.rpartition(".")[2]),
)


class SettingsScreen(ListDialog[set[str]]):
    """Dismissed with the keys of what was changed. `attached`: an agent does the work."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,ctrl+c", "close", show=False),
        Binding("enter", "change", show=False),
        Binding("d,delete", "forget", show=False),
        Binding("s", "try('scope')", show=False),
        Binding("v", "try('server')", show=False),
        Binding("n", "try('notice')", show=False),
    ]
    title_text = "Settings"
    orders = ORDERS
    hints = "enter change · d undo · / filter · esc leave"

    def __init__(self, book: SettingsBook, *, attached: bool) -> None:
        super().__init__()
        self._book = book
        self._attached = attached
        self._changed: set[str] = set()
        self._lines: Sequence[SettingLine] = ()
        self._trial: Worker[None] | None = None
        self._trial_name, self._trial_began = "", 0.0

    def body(self) -> list[Widget]:
        """What stands between the dialog's title and its keys."""
        self.table: Table[SettingLine] = Table(
            COLUMNS, self._cells, lambda line: line.key, words=_words
        )
        self.table.active = True
        self.about, self.status = Lines(id="about"), Lines(id="status")
        return [self.table, self.about, Static(Content.from_markup(TESTS), id="tests"), self.status]

    def on_mount(self) -> None:
        self.run_worker(self._load(), exit_on_error=False)
        self.set_interval(1.0, self._show_trial)

    async def _load(self) -> None:
        try:
            lines = await asyncio.to_thread(self._book.lines)
        except CrowdSkyError as error:
            self.table.show((), str(error))
            return
        self._lines = lines
        self.show_rows()
        self._fit()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        """Give the list what the explanation of the longest setting leaves."""
        self._room = max(min(self.app.size.width * 9 // 10, 96) - 6, 20)
        meant = [len(self._meant(line)) for line in self.table.rows] or [1]
        self._about_lines = 1 + max(meant)
        taken = FRAME + self._about_lines + STATUS_LINES
        self.table.styles.height = max(self.app.size.height - taken, 4)
        if not self.status.lines:
            self._say("", "", "")
        self._tell()

    def _cells(self, line: SettingLine) -> Row:
        usual = line.source == "default"
        return ((line.key, ""), (clean(line.value, LONGEST_VALUE), "dim" if usual else "accent"),
                (line.source, "dim"))  # fmt: skip

    def _meant(self, line: SettingLine) -> list[str]:
        text = line.meaning
        if self._attached:
            whose = "this app" if for_the_app(line.key) else "the agent"
            text = f"{text} It counts for {whose}."
        return textwrap.wrap(text, self._room)

    def _tell(self) -> None:
        """Explain the setting under the cursor."""
        line, shown = self.table.selected, []
        if line is not None:
            value = clean(line.value, max(self._room - len(line.key) - len(line.source) - 8, 8))
            head = [(f" {line.key}", "key"), (f" = {value}", ""), (f"  {line.source}", "dim")]
            shown = [head, *([(f" {text}", "dim")] for text in self._meant(line))]
        self.about.show([*shown, *[[]] * (self._about_lines - len(shown))])

    def _say(self, text: str, glyph: str, style: str) -> None:
        lines = textwrap.wrap(text, self._room - 2)[:STATUS_LINES]
        head = [[(f" {glyph} ", style), (lines[0], "")]] if lines else []
        rest = [[(f"   {line}", "")] for line in lines[1:]]
        self.status.show([*head, *rest, *[[]] * (STATUS_LINES - len(lines))])

    def on_table_moved(self) -> None:
        """The cursor is on another row."""
        self._tell()

    def on_table_opened(self) -> None:
        """`enter` or a click on a row."""
        self.action_change()

    def action_close(self) -> None:
        """End the test that is under way; leave if there is none."""
        if self._trial is not None and self._trial.is_running:
            self._trial.cancel()
            self._trial = None
            self._say(f"The test of the {self._trial_name} was stopped", "·", "dim")
        else:
            super().action_close()

    def leave(self) -> None:
        self.dismiss(self._changed)

    # The list

    def set_filter(self, text: str) -> None:
        """Show only the rows that hold the text."""
        super().set_filter(text)
        self._tell()

    def show_rows(self) -> None:
        """Paint the rows that the filter leaves, in their order."""
        lines = self._lines if self.order is None else in_order(self._lines, self.order)
        self.table.show(lines)
        self._tell()

    def copied(self) -> list[tuple[str, str]]:
        """What `y` copies: what it is, and its text."""
        return [("setting", f"{line.key} = {line.value}") for line in self.table.chosen]

    # Changing

    def action_change(self) -> None:
        """Change the setting of the cursor."""
        if self.table.selected is not None:
            self.begin(self._change(self.table.selected))

    async def _change(self, line: SettingLine) -> None:
        """Ask until what is typed is valid, or nothing is typed."""
        problem, typed = "", dict.fromkeys(pair_of(line.key), "")
        for other in self.table.rows:
            if other.key in typed and not other.secret:
                typed[other.key] = "" if other.value in ("(empty)", "(none)") else other.value
        if line.key in ("scopes", "keymap"):
            self._say(
                line.meaning + " Write it into your config.toml; N finds telescopes.", "·", "dim"
            )
            return
        while (texts := await self._typed(line, typed, problem)) is not None:
            try:
                self._done(texts, await asyncio.to_thread(self._book.save, texts))
                return
            except CrowdSkyError as error:
                problem, typed = str(error), texts

    async def _typed(
        self, line: SettingLine, typed: dict[str, str], problem: str
    ) -> dict[str, str] | None:
        lines = [text for text in (problem, line.meaning) if text]
        if line.choices:
            usual = line.choices.index(line.value)
            chosen = await self.app.push_screen_wait(Choice(line.key, lines, line.choices, usual))
            return None if chosen is None else {line.key: line.choices[chosen]}
        fields = [
            Field(key, text, secret=line.secret, optional=not line.secret)
            for key, text in typed.items()
        ]
        answer = await self.app.push_screen_wait(Form(line.key, lines, fields, "save it"))
        return None if answer is None else dict(zip(typed, answer, strict=True))

    def action_forget(self) -> None:
        """Give the setting its default back."""
        if self.table.selected is not None:
            self.run_worker(self._forget(self.table.selected.key), exit_on_error=False)

    async def _forget(self, key: str) -> None:
        try:
            self._done({key: ""}, await asyncio.to_thread(self._book.forget, key))
        except CrowdSkyError as error:
            self._say(str(error), "✗", "bad")

    def _done(self, texts: dict[str, str], note: str) -> None:
        self._changed |= set(texts)
        self._say(f"{note}. Counts from the next start", "✓", "good")
        self.run_worker(self._load(), exit_on_error=False)

    # Trying

    def action_try(self, what: str) -> None:
        """Try what the files say now; another test under way ends."""
        if self._trial is not None:
            self._trial.cancel()
        self._trial_name, self._trial_began = what, monotonic()
        self._trial = self.begin(self._prepare(what))
        self._show_trial()

    def _show_trial(self) -> None:
        if self._trial is not None and self._trial.is_running:
            seconds = monotonic() - self._trial_began
            self._say(
                f"testing the {self._trial_name}, {seconds:.0f} s · esc stops it", "◐", "accent"
            )

    async def _prepare(self, what: str) -> None:
        """Ask which telescope, where that is open; the test itself shows no screen."""
        try:
            settings = (await asyncio.to_thread(self._book.read)).settings
            number = await self._which_scope(settings) if what == "scope" else 0
        except CrowdSkyError as error:
            self._tried(str(error), "✗", "bad")
            return
        if number is None:
            self._tried("No telescope was tested", "✓", "good")
        else:
            self._trial = self.run_worker(self._try(what, settings, number), exit_on_error=False)

    async def _try(self, what: str, settings: Settings, number: int) -> None:
        from crowdsky_tui.night import try_settings

        try:
            if what == "server":
                told = await try_settings.try_server(settings)
            elif what == "notice":
                told = await try_settings.try_notice(settings)
            else:
                told = await try_settings.try_scope(settings, number)
        except CrowdSkyError as error:
            self._tried(str(error), "✗", "bad")
        else:
            self._tried(told, "✓", "good")

    def _tried(self, told: str, glyph: str, style: str) -> None:
        self._trial = None
        self._say(told, glyph, style)

    async def _which_scope(self, settings: Settings) -> int | None:
        """The telescope under the cursor, or the only one, or the one that is chosen."""
        group, number, *_ = [
            *(self.table.selected.key if self.table.selected else "").split("."),
            "",
        ]
        if group == "scopes" and number.isdigit():
            return int(number) - 1
        if not settings.scopes:
            raise CrowdSkyError("no telescope is set", "", "N in the main screen finds some")
        names = [clean(scope_name(scope)) for scope in settings.scopes]
        if len(names) == 1:
            return 0
        return await self.app.push_screen_wait(Choice("Which telescope?", (), names))


def _words(line: SettingLine) -> str:
    """What the filter looks into."""
    return f"{line.key} {line.value} {line.source} {line.meaning}"
