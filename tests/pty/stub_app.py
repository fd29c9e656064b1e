"""The app on a stub night, as a program.

`stub_app.py STATE FOLDER [no-jobs|crash|locked|busy|noting|stalling] [DISPLAY_SETTING=WORD ...]`

With `noting`, FOLDER/acts tells which actions ran and which screen is uppermost; with `stalling`
each action also holds the whole app up for half a second, as a starved machine does.
"""

import asyncio
import itertools
import sys
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "pilot"))

from msgspec.structs import replace
from stub_night import StubNight, make_book, make_night

from crowdsky_tui.base.errors import JournalLocked
from crowdsky_tui.base.streams import mend_streams
from crowdsky_tui.store.store import JobState
from crowdsky_tui.tui.app import run_app
from crowdsky_tui.tui.screens.main import MainScreen
from crowdsky_tui.tui.terminal.environment import terminal_problem

STALL_S = 0.5
SWITCHES = {"true": True, "false": False}


def main() -> int:
    state, folder, *extra = sys.argv[1:]
    if problem := terminal_problem():
        print(problem)
        return 2
    night = make_night(state, Path(folder))
    for change in filter(lambda each: "=" in each, extra):
        name, _, value = change.partition("=")
        display = replace(night.settings.display, **{name: SWITCHES.get(value, value)})
        night.settings = replace(night.settings, display=display)
    if "no-jobs" in extra:
        night.store.jobs.clear()
    if "crash" in extra:
        night.store.revisions.clear()  # the app reads it: this breaks its painting
    if "locked" in extra:

        async def refuse() -> None:
            raise JournalLocked("another copy runs", "it holds the journal", "Close it first")

        night.open = refuse  # type: ignore[method-assign]
    if "noting" in extra or "stalling" in extra:
        take_notes(Path(folder) / "acts", STALL_S if "stalling" in extra else 0)
    if "busy" in extra:
        night.start = partial(keep_busy, night)  # type: ignore[method-assign]
    return run_app(night, make_book(Path(folder)))


def take_notes(path: Path, stall_s: float) -> None:
    act, look = MainScreen.action_act, MainScreen.look

    def noted(self: MainScreen, action_id: str) -> None:
        with path.open("a") as notes:
            notes.write(f"{action_id}\n")
        time.sleep(stall_s)
        act(self, action_id)

    def looked(self: MainScreen) -> None:
        path.with_suffix(".screen").write_text(type(self.app.screen).__name__)
        look(self)

    MainScreen.action_act, MainScreen.look = noted, looked  # type: ignore[method-assign]


async def keep_busy(night: StubNight) -> None:
    """Four jobs that move five times a second."""
    jobs = [replace(job, state=JobState.RUNNING) for job in night.store.jobs.values()]
    for step in itertools.count():
        for job in jobs:
            progress = step % 100 / 100
            night.store.set_job(
                replace(job, progress=progress, detail=f"{100 - step % 100} s left")
            )
        await asyncio.sleep(0.2)


mend_streams()
sys.exit(main())
