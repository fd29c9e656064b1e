"""What the keys do: the walks that a user takes."""

from typing import Any

import pytest
from driven import Drive, Driven
from stub_night import StubNight, block, fill_error, target

from crowdsky_tui.blocks.keys import BlockKey, TargetKey
from crowdsky_tui.store.store import BlockState, JobState, JobView
from crowdsky_tui.tui.desk import Pane
from crowdsky_tui.tui.screens.confirm import Confirm
from crowdsky_tui.tui.screens.listing import Details, Plan
from crowdsky_tui.tui.screens.main import MainScreen
from crowdsky_tui.tui.widgets.table.filter_box import FilterBox

M81 = ("S50 a349", "M 81")


def target_shown(driven: Driven) -> str:
    view = driven.main.target()
    assert view is not None
    return view.target


async def test_the_night_is_opened_behind_the_first_frame(drive: Drive) -> None:
    async with drive("empty") as driven:
        assert driven.night.opened
        assert "1 Targets" in driven.text()


async def test_stack_and_upload_the_selected_target(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("j", "s", "u")
        assert driven.night.asked == [("stack", [M81], None), ("upload", [M81])]
        assert driven.notices() == ["2 blocks to stack", "1 stack to send"]


async def test_in_the_block_schedule_s_stacks_one_block(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("j", "enter", *["down"] * 7, "s")
        ((_, _, blocks),) = driven.night.asked
        assert isinstance(blocks, list | tuple)
        assert list(blocks) == [BlockKey(TargetKey(*M81), "20261120.83", "20.0s", "LP")]


async def test_a_disabled_action_says_why(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("G", "s")
        assert driven.night.asked == []
        assert driven.notices() == ["NGC 7000 has no block to stack: 1 confirmed"]


async def test_without_an_account_u_says_how_to_get_in(drive: Drive) -> None:
    async with drive("error") as driven:
        await driven.press("U")
        assert driven.night.asked == []
        assert "CROWDSKY_USERNAME" in driven.notices()[0]


async def test_a_scope_that_is_not_ready_gives_its_reason(drive: Drive) -> None:
    def change(night: StubNight) -> None:
        fill_error(night.store)

    async with drive(change=change) as driven:
        await driven.press("s")
        assert driven.notices()[0].startswith("S50 a349 can't stack now: firmware 7.75")


async def test_a_dry_run_is_shown_and_done_with_enter(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("j", "d")
        assert isinstance(driven.app.screen, Plan)
        text = driven.text()
        assert text.index("Stack (2)") < text.index("Upload (1)") < text.index("Leave alone (1)")
        await driven.press("enter")
        calls = [call[0] for call in driven.night.asked]
        assert calls == ["dry_run", "stack", "upload"]


async def test_leaving_a_dry_run_does_nothing(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("d", "escape")
        assert [call[0] for call in driven.night.asked] == ["dry_run"]


async def test_cancel_asks_and_the_default_is_no(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("3", "down", "x")
        assert isinstance(driven.app.screen, Confirm)
        assert "stack M 81 21:15 on S50 a349" in driven.text()
        await driven.press("enter")
        assert driven.night.asked == []
        await driven.press("x", "y")
        assert driven.night.asked == [("cancel", 7)]


async def test_quit_with_nothing_running_leaves_at_once(drive: Drive) -> None:
    async with drive("empty") as driven:
        await driven.press("q")
        assert driven.app.return_code == 0
        assert not driven.app.is_running


async def test_quit_names_what_runs_and_stays_by_default(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("ctrl+c")
        assert "kept in the journal and goes on at the next start" in driven.text()
        await driven.press("escape")
        assert isinstance(driven.app.screen, MainScreen)
        await driven.press("q", "y")
        assert driven.app.return_code == 0


async def test_a_filter_is_sticky_and_esc_clears_it(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("slash", *"ngc", "enter")
        assert not driven.main.query(FilterBox)
        assert [row.target for row in driven.main.targets.table.rows] == ["NGC 7000"]
        assert "/ngc · 1 of 3" in driven.text()
        driven.night.store.set_target(target("NGC 891"), [])
        await driven.settle()
        assert len(driven.main.targets.table.rows) == 2
        await driven.press("escape")
        assert len(driven.main.targets.table.rows) == 4
        assert "/ngc" not in driven.text()


async def test_a_filter_may_invert_and_may_hold_brackets(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("slash", *"!ngc")
        assert [row.target for row in driven.main.targets.table.rows] == ["AM Leo", "M 81"]
        await driven.press("escape", "slash", *"[/x]")
        assert "No row holds “[/x]”" in driven.text()
        assert driven.app.crash is None


async def test_keys_that_are_typed_into_a_filter_do_nothing_else(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("slash", *"sqxu")
        assert driven.night.asked == []
        assert isinstance(driven.app.screen, MainScreen)
        assert driven.main.targets.table.filter_text == "sqxu"


async def test_the_cursor_stays_on_its_row_when_rows_come_and_go(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("j")
        driven.night.store.set_target(target("AA And"), [])
        await driven.settle()
        assert target_shown(driven) == "M 81"
        driven.night.store.drop_target(TargetKey("S50 a349", "AM Leo"))
        await driven.settle()
        assert target_shown(driven) == "M 81"


async def test_the_block_schedule_follows_the_selected_target(drive: Drive) -> None:
    async with drive(size=(120, 40)) as driven:
        assert "AM Leo on S50 a349" in driven.text()
        await driven.press("j")
        await driven.settle()
        assert "2 Blocks · M 81 on S50 a349" in driven.text()


async def test_a_block_says_in_full_why_it_is_not_done(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("j", "2", "G", "k")
        text = " ".join(driven.text().replace("│", "").split())
        assert "short: 6 of 44 sub-frames, 120 s of the 240 s that a stack needs" in text
        await driven.press("enter")
        assert isinstance(driven.app.screen, Details)
        assert "6 of 44 sub-frames, 120 s of the 240 s that a stack" in driven.text()


async def test_panes_by_number_tab_and_direction(drive: Drive) -> None:
    async with drive(size=(120, 40)) as driven:
        seen = []
        for key in ("2", "3", "4", "tab", "shift+tab", "h", "1", "l", "right"):
            await driven.press(key)
            seen.append(driven.main.pane)
        assert seen == [
            Pane.BLOCKS, Pane.JOBS, Pane.SERVER, Pane.TARGETS, Pane.SERVER, Pane.JOBS,
            Pane.TARGETS, Pane.BLOCKS, Pane.BLOCKS,
        ]  # fmt: skip


async def test_a_click_chooses_pane_and_row_and_a_second_opens(drive: Drive) -> None:
    async with drive(size=(120, 40)) as driven:
        await driven.pilot.click(driven.main.server.table, offset=(5, 3))
        assert driven.main.pane is Pane.SERVER
        assert driven.main.server.table.cursor == 2
        await driven.pilot.click(driven.main.server.table, offset=(5, 3))
        await driven.pilot.pause()
        assert isinstance(driven.app.screen, Details)


async def test_moving_past_the_last_job_leads_into_the_log_and_back(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("3", *["j"] * 4)
        await driven.pilot.pause()
        assert driven.main.jobs.list_in_use is driven.main.jobs.table
        assert driven.main.job() is not None
        await driven.press("g", "k")
        await driven.pilot.pause()
        assert driven.main.jobs.list_in_use is driven.main.jobs.jobs


async def test_the_users_keys_replace_the_defaults(drive: Drive) -> None:
    async with drive(keymap={"stack": "u", "upload": "s", "quit": "Q,ctrl+x"}) as driven:
        await driven.press("j", "s")
        assert driven.night.asked == [("upload", [M81])]
        await driven.press("u")
        assert driven.night.asked[1] == ("stack", [M81], None)
        assert "Q quit" in driven.text()
        await driven.press("q")
        assert isinstance(driven.app.screen, MainScreen)
        await driven.press("Q")
        assert isinstance(driven.app.screen, Confirm)


async def test_a_bad_keymap_is_told_and_the_app_runs(drive: Drive) -> None:
    async with drive(keymap={"stak": "s", "quit": "ctrl+m"}) as driven:
        told = " ".join(driven.notices())
        assert "did you mean stack" in told
        assert "deliver ctrl+m as enter" in told
        await driven.press("j", "s")
        assert driven.night.asked


async def test_nothing_is_painted_under_a_dialog(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("question_mark")
        driven.night.store.set_target(target("NGC 1"), [block("NGC 1", 0, BlockState.READY)])
        driven.main.look()
        assert len(driven.main.targets.table.rows) == 3
        await driven.press("escape")
        await driven.settle()
        assert len(driven.main.targets.table.rows) == 4


async def test_progress_repaints_only_cells(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    async with drive() as driven:
        await driven.press("3")
        regions: list[Any] = []
        table = driven.main.jobs.jobs
        original = table.refresh

        def refresh(*where: Any, **options: Any) -> Any:
            regions.extend(where or ["all"])
            return original(*where, **options)

        monkeypatch.setattr(table, "refresh", refresh)
        job = driven.night.store.jobs[7]
        driven.night.store.set_job(
            JobView(7, job.kind, *M81, job.label, JobState.RUNNING, job.asked_at, 0.8, "14 s left")
        )
        await driven.settle()
        assert len(regions) == 1
        assert regions[0].height == 1
        assert regions[0].width < 25
