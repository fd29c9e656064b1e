"""The doctor's round on the screen: each matter well, or with its remedy."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.worker import Worker, WorkerState

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.text import clean
from crowdsky_tui.doctor.check import Check, Level
from crowdsky_tui.tui.screens.listing import Entry, Listing
from crowdsky_tui.tui.screens.reading import read_anew

LOOKING = "looking at everything; a telescope that is away takes up to 20 s …"
MARKS = {Level.OK: ("✓", "good"), Level.WARN: ("!", "warn"), Level.FAIL: ("✗", "bad")}
WORST_FIRST = tuple(reversed(Level))


class DoctorScreen(Listing):
    """Examines as soon as it is shown, and again with `r`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("r", "examine", show=False)]
    hints = "r look again · esc close"

    def __init__(self, examine: Callable[[], Awaitable[Sequence[Check]]]) -> None:
        super().__init__("Doctor", [("", LOOKING, "dim")])
        self._examine = examine

    def on_mount(self) -> None:
        self.action_examine()

    def action_examine(self) -> None:
        """Begin a round; one that is under way is given up."""
        self._say("Doctor · looking …")
        read_anew(self, self._round, "default")

    async def _round(self) -> None:
        try:
            checks = await self._examine()
        except CrowdSkyError as error:
            self._say("Doctor · it could not look")
            self.replace([("", str(error), "bad")])
            return
        self._say(f"Doctor · {doctor_count(checks)}")
        self.replace(doctor_entries(checks))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:
            self._say("Doctor · it could not look")
            fault = f"a fault of this program: {clean(event.worker.error, 200)}"
            self.replace([("", fault, "bad")])

    def _say(self, title: str) -> None:
        self.query_one("#box").border_title = Content(title)


def doctor_count(checks: Sequence[Check]) -> str:
    """`24 looked at: 1 failed, 2 to look at`."""
    bad, doubtful = (
        sum(check.level is level for check in checks) for level in (Level.FAIL, Level.WARN)
    )
    return f"{len(checks)} looked at: {bad} failed, {doubtful} to look at"


def doctor_entries(checks: Sequence[Check]) -> list[Entry]:
    """A mark, a word and a text for each, the remedy below it; what is worst comes first."""
    entries: list[Entry] = []
    for check in sorted(checks, key=lambda check: WORST_FIRST.index(check.level)):
        mark, style = MARKS[check.level]
        word = f"{check.level.value}: "
        entries.append((f"{mark} {clean(check.name)}", word + clean(check.text, 400), style))
        if check.fix:
            entries.append((" ", f"→ {clean(check.fix, 400)}", "accent"))
    return entries
