"""What screens and actions promise with *first*, *only*, *never*, *until*: each by its name."""

import asyncio

import pytest
from driven import Drive
from screen_table import SCREENS
from test_every_screen import drawn_at
from textual.geometry import Size

from crowdsky_tui.doctor.check import Check, Level
from crowdsky_tui.tui.actions.registry import ACTIONS
from crowdsky_tui.tui.desk import Pane
from crowdsky_tui.tui.key_names import show_keys
from crowdsky_tui.tui.screens.doctor import doctor_entries
from crowdsky_tui.tui.screens.jump import EASY_FIRST, places
from crowdsky_tui.tui.screens.listing import help_entries
from crowdsky_tui.tui.screens.modal import Modal
from crowdsky_tui.tui.screens.review import ReviewScreen


async def test_esc_clears_marks_first_and_then_the_filter(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("slash", *"m 8", "enter", "space")
        lists = driven.main.lists
        assert lists.has_marks and lists.filter_text
        await driven.press("escape")
        assert not lists.has_marks and lists.filter_text
        await driven.press("escape")
        assert not lists.filter_text


async def test_marked_targets_count_only_in_their_pane(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("space", "space")
        assert len(driven.main.chosen_targets()) == 2
        await driven.press("2")
        (shown,) = driven.main.chosen_targets()
        assert shown == driven.main.targets.table.selected
        await driven.press("1")
        assert len(driven.main.chosen_targets()) == 2


def test_the_doctor_tells_what_is_worst_first() -> None:
    checks = [Check(level.value, level, "text") for level in reversed(list(Level))]
    checks += [Check(level.value, level, "text") for level in Level]
    words = [text.partition(":")[0] for _, text, _ in doctor_entries(checks)]
    assert words == sorted(words, key=words.index), "each level stands together"
    assert words[0] == Level.FAIL.value


@pytest.mark.parametrize("pane", list(Pane))
def test_help_tells_the_keys_that_matter_in_this_pane_first(pane: Pane) -> None:
    entries = help_entries(ACTIONS, pane)
    own = {show_keys(action.keys) for action in ACTIONS if pane in action.hint}
    first = []
    for keys, _, _ in entries[1:]:
        if not keys:
            break
        first.append(keys)
    assert first and set(first) <= own
    assert len({keys for keys, _, _ in entries if keys}) == len(ACTIONS), "and all others too"


@pytest.mark.parametrize("pane", [Pane.TARGETS, Pane.BLOCKS])
async def test_jump_letters_go_first_to_the_panes_then_to_the_rows_of_the_present_one(
    drive: Drive, pane: Pane
) -> None:
    async with drive(size=(160, 50)) as driven:
        driven.main.go(pane)
        await driven.pilot.pause()
        found = places(driven.main.panes, pane)
        rows = [place for place in found if place.row is not None]
        assert [place.row for place in found[: len(found) - len(rows)]] == [None] * len(Pane)
        assert rows[0].pane is pane
        last = max(number for number, place in enumerate(rows) if place.pane is pane)
        assert all(place.pane is pane for place in rows[:last])
        assert len(found) <= len(EASY_FIRST)


async def test_the_review_starts_at_the_first_undecided_stack_where_no_block_is_asked_for(
    drive: Drive,
) -> None:
    async with drive("full") as driven:
        driven.app.push_screen(desk := ReviewScreen(driven.night))
        for _ in range(100):
            if desk.items:
                break
            await driven.pilot.pause(0.03)
        assert desk.items[0].waiting
        decided = [item for item in desk.items if not item.waiting]
        assert all(item.block.state.value == "rejected" for item in decided)


class Ticking(Modal[None]):
    """A dialog whose timer meets a fault of ours."""

    ticks = 0

    def on_mount(self) -> None:
        self.set_interval(0.01, self.tick)

    def tick(self) -> None:
        self.ticks += 1
        raise KeyError("a fault of ours")


async def test_what_a_dialogs_timer_raises_never_ends_the_app(drive: Drive) -> None:
    async with drive("full") as driven:
        driven.app.push_screen(dialog := Ticking())
        async with asyncio.timeout(60):
            while not any("a fault of ours" in notice for notice in driven.notices()):
                await driven.pilot.pause(0.02)
        assert driven.app.is_running and driven.app.crash is None
        assert dialog.ticks


WITH_FOOTERS = (
    "ribbon",
    "review",
    "gallery",
    "trends",
    "horizon",
    "scope",
    "instruments",
    "curves",
)
SIZES = ((60, 20), (80, 24), (120, 40))


@pytest.mark.parametrize("name", WITH_FOOTERS)
async def test_a_notice_never_covers_a_screens_keys(drive: Drive, name: str) -> None:
    (shown,) = (screen for screen in SCREENS if screen.name == name)
    async with drive("full", SIZES[0], change=shown.full.change) as driven:
        await shown.open(driven)
        for width, height in SIZES:
            await drawn_at(driven, shown.full, Size(width, height))
            row = driven.showing.hint_row()
            keys = driven.text().splitlines()[row if row is not None else height :]
            driven.app.clear_notifications()
            driven.showing.notify("a notice that " + "takes several lines " * 12, timeout=600)
            await driven.rest()
            await driven.pilot.pause()
            lines = driven.text().splitlines()
            assert "takes several lines" in "".join(lines)
            assert lines[height - len(keys) :] == keys
            driven.app.clear_notifications()
            await driven.pilot.pause()


@pytest.mark.parametrize("name", WITH_FOOTERS)
async def test_no_key_of_a_footer_is_without_its_word(drive: Drive, name: str) -> None:
    (shown,) = (screen for screen in SCREENS if screen.name == name)
    async with drive("full", change=shown.full.change) as driven:
        await shown.open(driven)
        assert "esc leave" in " ".join(driven.text().split())
