"""Marks, ranges, orders, copying, jumping, undoing: the manners that all lists share."""

import pytest
from driven import Drive
from stub_night import StubNight, block, target

from crowdsky_tui.store.store import BlockState, JobState, JobView
from crowdsky_tui.tui.desk import Pane
from crowdsky_tui.tui.screens.confirm import Confirm
from crowdsky_tui.tui.screens.main import MainScreen
from crowdsky_tui.tui.terminal import clipboard

S50 = "S50 a349"


@pytest.fixture(autouse=True)
def no_native_clipboard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "copy_natively", lambda text: "")


async def test_actions_are_for_the_marked_rows(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("space", "space")
        assert "2 marked" in driven.text()
        assert "*AM Leo" in driven.text()
        await driven.press("s", "u")
        both = [(S50, "AM Leo"), (S50, "M 81")]
        assert driven.night.asked == [("stack", both, None), ("upload", both)]
        await driven.press("escape", "s")
        assert "marked" not in driven.text()
        assert driven.main.chosen_targets()[0].target == "NGC 7000"


async def test_a_range_grows_and_shrinks_from_where_it_began(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("j", "2", "J", "J", "J", "K")
        chosen = driven.main.chosen_blocks()
        assert [f"{each.block_start:%H:%M}" for each in chosen] == ["20:00", "20:15", "20:30"]
        await driven.press("j", "j", "shift+down")
        assert len(driven.main.chosen_blocks()) == 5


async def test_marked_blocks_are_stacked_together_and_others_left_alone(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("j", "2", "asterisk", "s")
        ((_, _, blocks),) = driven.night.asked
        assert isinstance(blocks, list | tuple)
        assert len(blocks) == 12
        assert {each.target.name for each in blocks} == {"M 81"}
        await driven.press("asterisk")
        assert len(driven.main.chosen_blocks()) == 1


async def test_what_a_filter_hides_is_never_acted_on(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("asterisk", "slash", *"ngc", "enter", "u")
        assert driven.night.asked == [("upload", [(S50, "NGC 7000")])]


async def test_marks_stay_on_their_rows_through_refreshes(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("j", "space")
        driven.night.store.set_target(target("AA And"), [])
        await driven.settle()
        assert [each.target for each in driven.main.chosen_targets()] == ["M 81"]


async def test_several_jobs_are_cancelled_after_one_question(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("3", "J", "x")
        assert isinstance(driven.app.screen, Confirm)
        assert "Cancel 2 jobs?" in driven.text()
        await driven.press("y")
        assert [call[0] for call in driven.night.asked] == ["cancel", "cancel"]


async def test_each_list_can_be_sorted_and_keeps_its_cursor(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("j")
        for pane in Pane:
            driven.main.go(pane)
            before = driven.main.panes[pane].list_in_use.selected
            await driven.press("comma")
            box = driven.main.panes[pane]
            assert box.order is box.orders[1]
            assert box.order.name in driven.text()
            assert box.list_in_use.selected == before
        names = [row.target for row in driven.main.targets.table.rows]
        assert names == ["M 81", "AM Leo", "NGC 7000"]


async def test_a_filter_in_the_job_log_is_for_both_its_lists(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("3", "slash", *"upload", "enter")
        assert [job.kind for job in driven.main.jobs.jobs.rows] == ["upload"]
        assert not driven.main.jobs.table.rows


async def test_y_copies_and_says_so(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("j", "2", "y")
        assert driven.app.clipboard == "20261120.76_HP006478"
        assert driven.notices() == [
            "Copied the chunk key 20261120.76_HP006478 (sent to the terminal's clipboard)"
        ]
        await driven.press("4", "J", "y")
        assert len(driven.app.clipboard.splitlines()) == 2
        assert driven.notices()[-1].startswith("Copied the 2 chunk keys")


async def test_what_is_copied_is_clean(drive: Drive) -> None:
    def plant(night: StubNight) -> None:
        night.store.set_target(target("A\x1b]52;c;eA==\x07B"), [])

    async with drive(change=plant) as driven:
        await driven.press("g", "y")
        assert "\x1b" not in driven.app.clipboard
        assert "\x07" not in driven.app.clipboard


async def test_a_letter_leads_to_a_pane_or_a_row(drive: Drive) -> None:
    async with drive(size=(120, 40)) as driven:
        await driven.press("semicolon")
        letters = driven.showing._by_letter
        wanted = next(
            letter
            for letter, place in letters.items()
            if place.pane is Pane.SERVER and place.row is None
        )
        assert driven.text().splitlines()[0].startswith(" crowdsky")
        await driven.press(wanted)
        assert driven.main.pane is Pane.SERVER
        await driven.press("semicolon")
        letters = driven.showing._by_letter
        row = next(key for key, place in letters.items() if place.row == 3)
        await driven.press(row)
        assert driven.main.server.table.cursor == 3


@pytest.mark.parametrize("key", ["escape", "7", "enter"])
async def test_any_other_key_leaves_the_letters(drive: Drive, key: str) -> None:
    async with drive() as driven:
        await driven.press("semicolon", key)
        assert isinstance(driven.app.screen, MainScreen)
        assert driven.main.pane is Pane.TARGETS


async def test_undo_takes_back_what_has_not_begun(drive: Drive) -> None:
    async with drive() as driven:
        driven.night.store.jobs.clear()
        await driven.press("s")
        queued = JobView(1, "stack", S50, "M 81", "M 81", JobState.QUEUED, driven.night.clock.now())
        running = JobView(2, "stack", S50, "M 81", "M 81", JobState.RUNNING, queued.asked_at)
        driven.night.store.set_job(queued)
        driven.night.store.set_job(running)
        await driven.press("z")
        assert driven.night.asked[-1] == ("cancel", 1)
        assert driven.notices()[-1] == (
            "Undone: stack. 1 of 2 jobs cancelled; 1 had begun or ended"
        )
        await driven.press("z")
        assert driven.notices()[-1] == "There is nothing to undo"


async def test_undo_asks_again_for_what_was_cancelled(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("3", "x", "y", "z")
        assert [type(each).__name__ for each in driven.night.stub_calls.asked][-1] == "AskAgain"
        assert "Undone: cancel" in driven.notices()[-1]


async def test_undo_takes_back_another_theme(drive: Drive) -> None:
    async with drive() as driven:
        before = driven.app.theme
        await driven.press("T")
        assert driven.app.theme != before
        await driven.press("z")
        assert driven.app.theme == before


async def test_esc_says_how_to_get_out_where_it_has_nothing_to_clear(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("escape")
        assert driven.notices() == ["Nothing is marked or filtered here; q quits"]


async def test_blocks_may_be_marked_by_state(drive: Drive) -> None:
    def more(night: StubNight) -> None:
        views = [block("X 1", 15 * n, BlockState.READY) for n in range(3)]
        night.store.set_target(target("X 1", ready=3), views)

    async with drive(change=more) as driven:
        await driven.press("G", "2", "slash", *"ready", "enter", "asterisk", "s")
        ((_, _, blocks),) = driven.night.asked
        assert isinstance(blocks, list | tuple)
        assert len(blocks) == 3


@pytest.mark.parametrize("action_id", ["jump", "help", "speak", "ribbon", "gallery"])
async def test_keys_in_a_hurry_leave_a_screen_only_once(drive: Drive, action_id: str) -> None:
    async with drive() as driven:
        await driven.act(action_id)
        over = driven.app.screen
        assert over is not driven.main
        over.dismiss(None)
        over.dismiss(None)
        await driven.pilot.pause()
        assert driven.app.screen is driven.main
        assert driven.app.crash is None
