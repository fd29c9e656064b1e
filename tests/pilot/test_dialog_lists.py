"""A list in a dialog has the manners of every other: filter, order, marks, copies."""

import msgspec
import pytest
from driven import Drive
from stub_calls import FRAME
from stub_night import StubNight

from crowdsky_tui.night.calls.downloads import ArchiveAnswer, DownloadFrame, SearchArchive
from crowdsky_tui.tui.desk import Pane
from crowdsky_tui.tui.screens.listing import Help
from crowdsky_tui.tui.screens.main import MainScreen
from crowdsky_tui.tui.terminal import clipboard

FEW_STARS, MANY_STARS, OTHER_FILTER = (
    msgspec.structs.replace(FRAME, id=number, n_stars_detected=stars, filter_name=name)
    for number, stars, name in ((16, 12, "IRCUT"), (17, 900, "IRCUT"), (18, None, "LP"))
)


@pytest.fixture(autouse=True)
def no_native_clipboard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "copy_natively", lambda text: "")


def with_frames(night: StubNight) -> None:
    async def answer() -> ArchiveAnswer:
        return ArchiveAnswer(148.9, 69.07, (FEW_STARS, MANY_STARS, OTHER_FILTER))

    server = msgspec.structs.replace(night.settings.server, api_key="key")
    night.settings = msgspec.structs.replace(night.settings, server=server)
    night.stub_calls.instead[SearchArchive] = answer


@pytest.mark.parametrize("size", [(60, 20), (160, 50)], ids=str)
async def test_a_filter_keeps_an_entry_s_lines_together(
    drive: Drive, size: tuple[int, int]
) -> None:
    async with drive(size=size) as driven:
        await driven.press("question_mark", "slash", *"glance")
        shown = driven.text()
        assert "glance" in shown.splitlines()[-2] or "glance" in shown.splitlines()[-3]
        assert "The whole night at a" in shown and "of every target" in shown.replace("│", " ")
        assert "Quit" not in shown
        await driven.press("enter", "escape")
        assert isinstance(driven.app.screen, Help), "esc shows all rows first"
        table = driven.showing.table
        assert len(table.rows) == table.total
        await driven.press("escape")
        assert isinstance(driven.app.screen, MainScreen)


async def test_a_filter_can_be_inverted_and_be_without_a_hit(drive: Drive) -> None:
    async with drive(change=with_frames) as driven:
        await driven.press("j", "A", "slash", *"!ircut", "enter")
        table = driven.showing.table
        assert [frame.id for frame in table.rows] == [18]
        await driven.press("slash", *["backspace"] * 6, *"nowhere", "enter")
        assert "No row holds" in driven.text()
        await driven.press("y")
        assert "nothing here to copy" in driven.notices()[-1]


async def test_the_archive_sorts_marks_copies_and_downloads_the_marked(drive: Drive) -> None:
    async with drive(change=with_frames) as driven:
        await driven.press("j", "A", "comma", "comma")
        table = driven.showing.table
        assert "Sorted: most stars first" in driven.notices()
        assert [frame.id for frame in table.rows] == [17, 16, 18]
        await driven.press("g", "space", "space", "y")
        assert driven.app.clipboard == "17\n16"
        await driven.press("D", "enter")
        sent = [each for each in driven.night.stub_calls.asked if isinstance(each, DownloadFrame)]
        assert [each.frame_id for each in sent] == [17, 16]
        assert "Downloaded 2 of 2" in driven.notices()[-1]


async def test_a_range_of_frames_is_marked(drive: Drive) -> None:
    async with drive(change=with_frames) as driven:
        await driven.press("j", "A", "g", "J", "J", "K")
        assert len(driven.showing.table.marked) == 2
        await driven.press("asterisk")
        assert len(driven.showing.table.marked) == 3


async def test_a_detail_s_value_is_copied_without_its_label(drive: Drive) -> None:
    async with drive() as driven:
        driven.main.go(Pane.SERVER)
        await driven.act("open")
        await driven.press("slash", *"chunk key", "enter", "y")
        row = driven.main.stack_row()
        assert row and driven.app.clipboard == row.chunk_key
        assert driven.notices()[-1].startswith("Copied the chunk key 2026")


async def test_settings_that_were_changed_come_first(drive: Drive) -> None:
    async with drive() as driven:
        await driven.act("settings")
        await driven.pilot.pause(0.2)
        table = driven.showing.table
        await driven.press("comma")
        changed = [line.source != "default" for line in table.rows]
        assert changed == sorted(changed, reverse=True) and any(changed)
        await driven.press("g", "y")
        assert driven.app.clipboard.startswith(f"{table.selected.key} = ")


async def test_a_list_with_one_order_says_so(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("question_mark", "comma")
        assert driven.notices()[-1] == "This list has one order only"


@pytest.mark.parametrize(
    ("screen", "noun", "starts"),
    [
        ("review", "stack", "CrowdSky_"),
        ("gallery", "stack", "CrowdSky_"),
        ("ribbon", "chunk", "20261120."),
    ],
)
async def test_what_is_under_the_cursor_is_copied_on_every_screen_of_stacks(
    drive: Drive, screen: str, noun: str, starts: str
) -> None:
    async with drive() as driven:
        await driven.press("j")
        await driven.act(screen)
        await driven.pilot.pause(0.3)
        await driven.press("y")
        assert driven.app.clipboard.startswith(starts)
        assert driven.notices()[-1].startswith(f"Copied the {noun} {starts}")
