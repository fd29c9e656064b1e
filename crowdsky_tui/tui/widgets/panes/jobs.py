"""Pane 3: the jobs that are not over, with their progress, above the night's log."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any, ClassVar

from textual.app import ComposeResult

from crowdsky_tui.progress.queue_pace import QueueLeft
from crowdsky_tui.store.store import JobState, JobView, LogLine, Store, Topic
from crowdsky_tui.tui.desk import Move, Pane
from crowdsky_tui.tui.format.glyphs import JOB, SEVERITY
from crowdsky_tui.tui.format.values import DASH, about, bar, percent, scope_zone, share_targets
from crowdsky_tui.tui.widgets.panes.pane import Detail, PaneBox
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.rows import Row
from crowdsky_tui.tui.widgets.table.sorting import Order, in_order
from crowdsky_tui.tui.widgets.table.table import Table

BAR_WIDTH = 8
ROOM_STEP = 4
JOB_COLUMNS = (
    Column("", 10),
    Column("", 13, flex=1),
    Column("", 9, drop=1),
    Column("", BAR_WIDTH, drop=2),
    Column("", 13, flex=3),
)
SHARED_JOB_COLUMNS = tuple(column if column.width != 9 else Column("", 9) for column in JOB_COLUMNS)
"""Where jobs of several scopes are for one target: the scope stays, whatever else goes."""
LOG_COLUMNS = (Column("", 8, drop=1), Column("", 1), Column("", 10, flex=1))
_ORDER = {JobState.RUNNING: 0, JobState.WAITING: 1, JobState.QUEUED: 2}
NEWEST = Order("newest first", lambda job: job.id, descending=True)
ORDERS = (
    Order("as they run", lambda job: (_ORDER.get(job.state, 3), job.id)),
    NEWEST,
    Order("by target", lambda job: (job.target.casefold(), job.id)),
)


def job_cells(view: JobView) -> Row:
    """The cells of a job's row."""
    mark = JOB[view.state]
    if view.state is JobState.RUNNING:
        how = " ".join(part for part in (percent(view.progress), view.detail) if part)
        how = how or mark.word
    else:
        how = f"{mark.word}: {view.reason}" if view.reason else mark.word
    progress = bar(view.progress, BAR_WIDTH) if view.state is JobState.RUNNING else ""
    return (
        (f"{mark.glyph} {view.kind.removeprefix('remote-')}", mark.style),
        (job_words(view), ""),
        (view.scope, "dim"),
        (progress, "accent"),
        (how, "" if view.state is JobState.RUNNING else "dim"),
    )


def job_words(view: JobView) -> str:
    """`M 81 22:15 LP`"""
    return f"{view.label or view.target} {view.filter}".rstrip()


def job_text(job: JobView) -> str:
    """`stack M 81 22:15 LP on S50 a349: waiting: the scope observes`"""
    scope = f" on {job.scope}" if job.scope else ""
    parts = (f"{job.kind} {job_words(job)}{scope}", job.state.value, job.reason)
    return ": ".join(part for part in parts if part)


class JobsPane(PaneBox):
    """Two lists: `table` is the log, `jobs` what is under way."""

    pane = Pane.JOBS
    number = 3
    noun = "Job log"
    topics: ClassVar[frozenset[Topic]] = frozenset({Topic.JOBS, Topic.LOG})
    orders = ORDERS

    table: Table[LogLine]

    def __init__(self) -> None:
        super().__init__()
        self.jobs: Table[JobView] = Table(JOB_COLUMNS, job_cells, lambda job: job.id, id="jobs")
        self._zone: tzinfo | None = None
        self._room = 0
        self._in_log = False
        self.left = QueueLeft()
        """How long the queue will take, for the title."""

    def make_table(self) -> Table[LogLine]:
        """The list with its columns."""
        return Table(
            LOG_COLUMNS, self._log_cells, lambda line: line, follow=True, quiet=True, id="log"
        )

    def compose(self) -> ComposeResult:
        yield self.jobs
        yield self.table

    def _log_cells(self, line: LogLine) -> Row:
        mark = SEVERITY[line.severity]
        return (
            (f"{line.at.astimezone(self._zone):%H:%M:%S}", "dim"),
            (mark.glyph, mark.style or "dim"),
            (line.text, mark.style if mark.style in {"bad", "warn"} else ""),
        )

    @property
    def lists(self) -> tuple[Table[Any], ...]:
        return (self.jobs, self.table)

    @property
    def list_in_use(self) -> Table[Any]:
        """The list that the cursor keys move in."""
        return self.jobs if self.jobs.rows and not self._in_log else self.table

    def show_active(self) -> None:
        """Show which of its two lists the keys move."""
        for each in (self.jobs, self.table):
            each.set_active(active=self.is_current and each is self.list_in_use)

    def update(self, store: Store, now: datetime) -> None:
        self._zone = scope_zone(store.scopes.values())
        jobs = in_order(store.jobs.values(), self.order)
        self.jobs.display = bool(jobs)
        shared = share_targets((job.scope, job.target) for job in jobs)
        self.jobs.set_shape(SHARED_JOB_COLUMNS if shared else JOB_COLUMNS, job_cells)
        self._make_room(len(jobs))
        self.jobs.show(jobs)
        self.table.follow = self.order is not NEWEST
        log = reversed(store.log) if self.order is NEWEST else store.log
        self.table.show(list(log), "Nothing has happened yet")
        self.show_active()
        states = Counter(job.state for job in jobs)
        counts = ", ".join(f"{states[state]} {state.value}" for state in _ORDER if states[state])
        seconds = self.left.left_s if self.left.to_do else None
        told = "" if seconds is None else f"{about(seconds)} left"
        self.set_title(" · ".join(part for part in (counts, told) if part))
        self.show_filter_state()

    def _make_room(self, jobs: int) -> None:
        """Let the upper list grow and shrink in steps: each costs a repaint of the screen."""
        height = -(-jobs // ROOM_STEP) * ROOM_STEP + 1  # and the rule below them
        if height != self._room:
            self._room = height
            self.jobs.styles.height = height

    def jump_to(self, table: Table[Any], row: int) -> None:
        self._in_log = table is self.table
        super().jump_to(table, row)
        self.show_active()

    def on_table_edge(self, event: Table.Edge) -> None:
        """Going beyond one list's end leads into the other."""
        leaves = self.table if event.step is Move.UP else self.jobs
        if self.list_in_use is leaves:
            self._in_log = event.step is Move.DOWN
            self.show_active()

    def on_click(self) -> None:
        self._in_log = self.table.is_mouse_over
        self.show_active()
        super().on_click()

    def copied(self) -> list[tuple[str, str]]:
        """What `y` copies: what it is, and its text."""
        if self.list_in_use is self.jobs:
            return [("job", job_text(job)) for job in self.jobs.chosen]
        return [("line", line.text) for line in self.table.chosen]

    def details(self) -> Sequence[Detail]:
        """What `enter` shows of the row of the cursor."""
        if self.list_in_use is self.table:
            line = self.table.selected
            if line is None:
                return ()
            when = f"{line.at.astimezone(self._zone):%a %d %b %H:%M:%S %Z}"
            return (("when", when), ("what", line.text))
        job = self.jobs.selected
        if job is None:
            return ()
        return (
            ("job", f"{job.id}, {job.kind}"),
            ("what", job_words(job)),
            ("target", f"{job.target} on {job.scope}" if job.scope else job.target or DASH),
            ("state", JOB[job.state].text),
            ("why", job.reason or DASH),
            ("progress", " ".join((percent(job.progress), job.detail)).strip() or DASH),
            ("asked", f"{job.asked_at.astimezone(self._zone):%a %d %b %H:%M:%S %Z}"),
        )
