"""Outside text can neither act nor break anything, whatever it holds."""

import pytest
from driven import Drive
from stub_night import NOW, StubNight, block, target

from crowdsky_tui.base.text import MARK, clean
from crowdsky_tui.store.store import (
    BlockState,
    JobState,
    JobView,
    LogLine,
    ScopeState,
    ScopeView,
    ServerState,
    ServerView,
    Severity,
    StackRow,
)
from crowdsky_tui.tui.desk import Move, Pane

NASTY = (
    "\x1b]52;c;aGk=\x07",
    "\x1b[2J\x9b31m",
    "[/x]",
    "[@click=app.quit]M 31[/]",
    "[bold]",
    "$accent \\[",
    "\u202egnp.exe",
    "👩\u200d🚀" * 40,
    "漢字" * 60,
    "a" * 10_000,
    "\ud800",
    "\x00",
    "",
)


def everywhere(night: StubNight, text: str) -> None:
    """Put `text`, cleaned as the services do, wherever outside text is shown."""
    name = clean(text)
    store = night.store
    store.set_scope(ScopeView("S50", state=ScopeState.READY, activity=name, firmware=name))
    store.set_scope(ScopeView("S30 " + name, state=ScopeState.OFF, reason=name))
    view = block(text, 0, BlockState.FAILED, filter=name, exposure=name, reason=name)
    store.set_target(target(text, raw_files=1, stacked_files=1, ready=1), [view])
    store.set_job(JobView(1, name, "S50", name, name, JobState.RUNNING, NOW, 0.5, name, name))
    store.add_log(LogLine(NOW, Severity.INFO, name))
    row = StackRow(1, name, name, name, name)
    store.set_server(ServerView(ServerState.OK, name, name, NOW, (row,)))


async def test_hostile_text_is_shown_and_does_nothing(drive: Drive) -> None:
    async with drive("empty", size=(160, 50)) as driven:
        shown = ""
        for text in NASTY:
            everywhere(driven.night, text)
            await driven.settle()
            driven.main.say(clean(text))
            for pane in Pane:
                driven.main.go(pane)
                driven.main.move(Move.BOTTOM)
                driven.main.show_details()
                await driven.pilot.pause(0.02)
                shown += driven.text()
                await driven.close_dialogs()
        await driven.act("cancel")
        shown += driven.text()
        await driven.close_dialogs()
        await driven.pilot.click(driven.main.targets.table, offset=(5, 1))
        assert driven.app.is_running
        assert driven.app.crash is None
        assert len(driven.night.store.targets) == len(set(NASTY))
        assert not set(shown) & set("\x1b\x07\x9b\x00\u202e\u200d")


@pytest.mark.parametrize("text", ["[/x]", "[@click=app.quit]M 31[/]", "[bold]"])
async def test_brackets_are_shown_as_they_are(drive: Drive, text: str) -> None:
    async with drive(
        "empty", size=(160, 50), change=lambda night: everywhere(night, text)
    ) as driven:
        assert driven.text().count(text) >= 6


async def test_an_escape_becomes_a_mark(drive: Drive) -> None:
    async with drive(
        "empty", size=(160, 50), change=lambda night: everywhere(night, "\x1b]52;c;x\x07")
    ) as driven:
        assert f"{MARK}]52;c;x{MARK}" in driven.text()
