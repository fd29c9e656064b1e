"""The review, the ribbon, "why not?", themes and speak mode, driven on a stub night."""

from collections.abc import Callable

import pytest
from driven import Drive, Driven
from stub_night import StubNight, block
from stub_review import TARGET, StubReview

from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.jobs.review import Mark
from crowdsky_tui.review.grades import Grade, Graded
from crowdsky_tui.store.store import BlockState, LogLine, Severity
from crowdsky_tui.tui.screens.review import ReviewScreen
from crowdsky_tui.tui.screens.ribbon import RibbonScreen
from crowdsky_tui.tui.screens.speak import SpeakScreen
from crowdsky_tui.tui.themes import NAMED, NIGHT
from crowdsky_tui.tui.widgets.pictures.picture import reddened

Check = Callable[[str, str], None]


async def wait_for(driven: Driven, text: str) -> str:
    """Wait until the screen shows this; the screen."""
    for _ in range(60):
        if text in (screen := driven.text()):
            return screen
        await driven.pilot.pause(0.03)
    raise AssertionError(f"{text!r} never came:\n{driven.text()}")


async def open_review(driven: Driven) -> ReviewScreen:
    await driven.press("j", "v")
    await wait_for(driven, "its kind")
    assert isinstance(driven.app.screen, ReviewScreen)
    return driven.app.screen


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
async def test_it_shows_a_stack_with_its_numbers(
    drive: Drive, text_snapshot: Check, size: tuple[int, int]
) -> None:
    async with drive("full", size) as driven:
        await open_review(driven)
        await driven.press("n", "n")
        screen = await wait_for(driven, "▀")
        assert "FWHM 4.1 px, twice" in screen
        lines = screen.splitlines()
        assert max(map(len, lines)) <= size[0]
        assert "enter send" in " ".join(lines[-2:])
        text_snapshot(f"review-{size[0]}x{size[1]}", screen)


async def test_single_keys_decide_and_send(drive: Drive) -> None:
    async with drive("full") as driven:
        desk = await open_review(driven)
        assert [each.stack_id for each in desk.items] == ["id2", "id3", "id4", "id5"]
        await driven.press("k", "r", "n", "h", "p", "u", "u", "k", "enter")
        told = [call for call in driven.night.review.asked if call[0] in {"mark", "send"}]
        assert told == [
            ("mark", "id2", Mark.KEPT),
            ("mark", "id3", Mark.REJECTED),
            ("mark", "id4", Mark.HELD),
            ("mark", "id4", Mark.NONE),
            ("mark", "id3", Mark.NONE),
            ("mark", "id3", Mark.KEPT),
            ("send", ["id2", "id3"]),
        ]
        assert "2 stacks to send" in driven.notices()
        await driven.press("u", "u", "u", "u")
        assert "There is nothing to undo" in driven.notices()


async def test_six_stacks_take_nine_keys_at_most(drive: Drive) -> None:
    async with drive("full") as driven:
        all_six(driven.night.review)
        keys = ("v", *"kkkkkk", "enter", "escape")
        assert len(keys) == 9
        await press_and_see_sent(driven, keys)


async def test_keep_all_good_takes_four_keys_and_tells_how_many(drive: Drive) -> None:
    async with drive("full") as driven:
        review = driven.night.review
        all_six(review, good=5)
        await driven.press("v")
        await wait_for(driven, "keep all 5 good")
        await driven.press("K", "enter", "escape")
        kept = [f"id{number}" for number in range(5)]
        assert [call[1] for call in review.asked if call[0] == "send"] == [kept]


async def test_undo_takes_back_all_that_one_key_kept(drive: Drive) -> None:
    async with drive("full") as driven:
        review = driven.night.review
        all_six(review, good=3)
        await driven.press("v")
        await wait_for(driven, "keep all 3 good")
        await driven.press("K", "u")
        assert {each.mark for each in review.stacks.values()} == {Mark.NONE}
        assert "There is nothing to undo" not in driven.notices()


async def test_only_undecided_stacks_that_are_graded_good_are_kept_at_once(drive: Drive) -> None:
    async with drive("full") as driven:
        review = driven.night.review
        all_six(review, good=2)
        review._change("id0", mark=Mark.HELD, state=BlockState.HELD)
        await driven.press("v")
        await wait_for(driven, "keep all 1 good")
        await driven.press("K")
        kept = [call for call in review.asked if call[0] == "mark"]
        assert kept == [("mark", "id1", Mark.KEPT)]


def all_six(review: StubReview, good: int = 6) -> None:
    """Six stacks that wait undecided, the first of them graded good and the others poor."""
    for number, stack_id in enumerate(review.stacks):
        grade = Grade.GOOD if number < good else Grade.POOR
        review._change(
            stack_id, state=BlockState.FETCHED, mark=Mark.NONE, graded=Graded(grade, ("",))
        )


async def press_and_see_sent(driven: Driven, keys: tuple[str, ...]) -> None:
    await driven.press(*keys)
    sent = [call[1] for call in driven.night.review.asked if call[0] == "send"]
    assert sent == [list(driven.night.review.stacks)]


async def test_blink_shows_the_block_before(drive: Drive) -> None:
    async with drive("full") as driven:
        await open_review(driven)
        await driven.press("n", "b")
        await wait_for(driven, "blink: 20:30")
        await driven.press("b", "z", "s")
        await wait_for(driven, "strong 2×")
        pictures = [call[1:] for call in driven.night.review.asked if call[0] == "preview"]
        assert pictures[-1] == ("id3", 2, 2)
        assert ("id2", 1, 1) in pictures


async def test_it_starts_at_the_selected_block_and_fetches_what_is_not_here(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("j", "2", "g", *"jjjj")
        selected = driven.main.blocks.table.selected
        assert selected is not None and selected.key.chunk == "20261120.80"
        driven.night.review.stacks["id5"] = driven.night.review._change("id5")
        await driven.press("j", "v")
        await wait_for(driven, "on its way from the scope")
        await driven.pilot.pause(0.1)
        assert driven.night.review.asked.count(("fetch", "id5")) == 1
        await driven.press("f")
        assert driven.night.review.asked.count(("fetch", "id5")) == 2


async def test_it_fetches_the_one_that_is_shown_and_the_next_ones(drive: Drive) -> None:
    async with drive("full") as driven:
        review = driven.night.review
        for stack in ("id2", "id3", "id4"):
            review._change(stack, fetched=False, state=BlockState.STACKED)
        await driven.press("v")
        await wait_for(driven, "on its way from the scope")
        assert [asked for asked in review.asked if asked[0] == "fetch"] == [
            ("fetch", "id2"), ("fetch", "id3"), ("fetch", "id4"),
        ]  # fmt: skip
        await driven.press("n")
        await wait_for(driven, "Review 2 of 4")
        assert review.asked.count(("fetch", "id5")) == 1


async def test_a_damaged_stack_costs_itself_only(drive: Drive) -> None:
    def damage(night: StubNight) -> None:
        night.review.damaged = {"id3"}

    async with drive("full", change=damage) as driven:
        await open_review(driven)
        await driven.press("n")
        await wait_for(driven, "cannot be measured")
        await driven.press("n")
        await wait_for(driven, "grade ✗ poor")


async def test_nothing_to_review_is_said(drive: Drive) -> None:
    def empty(night: StubNight) -> None:
        night.review.stacks.clear()

    async with drive("full", change=empty) as driven:
        await driven.press("v")
        await wait_for(driven, "No stack waits")
        await driven.press("k", "n", "u", "b", "f")
        await driven.press("escape")
        assert driven.app.screen is driven.main


async def test_the_ribbon_fits_ten_hours(drive: Drive, text_snapshot: Check) -> None:
    states = [state for state in BlockState for _ in range(3)][:40]

    def long_night(night: StubNight) -> None:
        view = night.store.targets[TargetKey("S50 a349", TARGET)]
        blocks = [
            block(TARGET, 15 * number - 120, state, chunk=f"c{number}")
            for number, state in enumerate(states)
        ]
        night.store.set_target(view, blocks)

    async with drive("full", change=long_night) as driven:
        await driven.press("b")
        screen = driven.text()
        assert max(map(len, screen.splitlines())) <= 80
        text_snapshot("ribbon-80x24", screen)
        shown = driven.app.screen
        assert isinstance(shown, RibbonScreen)
        (row,) = (row for row in shown.ribbon.rows if row.target == TARGET)
        assert len(row.cells) == 40


async def test_a_cell_of_the_ribbon_leads_to_its_block(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("b")
        ribbon = driven.showing.ribbon
        ribbon.row, ribbon.slot = 0, min(ribbon.rows[0].cells)
        await driven.press("right", "right", "left", "enter")
        selected = driven.main.blocks.table.selected
        assert selected is not None
        assert (selected.target, selected.state) == (TARGET, BlockState.SENT)
        assert driven.main.current == "blocks"


async def test_why_not_tells_state_figures_steps_and_the_key(
    drive: Drive, text_snapshot: Check
) -> None:
    async with drive("full") as driven:
        await driven.press("j", "2", "g", "j", "w")
        screen = await wait_for(driven, "In the journal")
        text_snapshot("why-not-80x24", screen)
        for told in ("queued for 12 min", "880 s", "r asks the server", "proved 20 Nov 21:01"):
            assert told in screen


async def test_the_theme_changes_and_is_remembered(drive: Drive) -> None:
    async with drive("full") as driven:
        saved: list[dict[str, str]] = []
        setattr(driven.main.book, "save", saved.append)  # noqa: B010 - it notes, and writes nothing
        for name in [*NAMED][1:]:
            await driven.press("T")
            assert driven.app.theme == NAMED[name].name
        assert saved == [{"display.theme": name} for name in [*NAMED][1:]]


@pytest.mark.parametrize("keys", [(), ("question_mark",), ("d",), ("b",), ("slash", "m"), ("v",)])
async def test_the_night_theme_shows_nothing_but_red(drive: Drive, keys: tuple[str, ...]) -> None:
    async with drive("full", (120, 40)) as driven:
        driven.app.theme = NIGHT.name
        await driven.press("j", *keys)
        await driven.pilot.pause(0.3)
        update = driven.app.screen._compositor.render_update(
            full=True, screen_stack=driven.app._background_screens
        )
        seen = {
            tuple(colour.get_truecolor())
            for line in getattr(update, "strips")  # noqa: B009 - a full update has them
            for strip in line
            for segment in strip
            if segment.style
            for colour in (segment.style.color, segment.style.bgcolor)
            if colour is not None and not colour.is_default
        }
        assert seen
        assert {colour for colour in seen if colour[1] or colour[2]} == set()


def test_a_picture_is_reddened() -> None:
    assert reddened(bytes((1, 2, 3, 9, 8, 7))) == bytes((3, 0, 0, 9, 0, 0))


async def test_speak_mode_says_each_change_once(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("V")
        screen = driven.app.screen
        assert isinstance(screen, SpeakScreen)
        store = driven.night.store
        key = TargetKey("S50 a349", "NGC 7000")
        store.set_target(store.targets[key], [block("NGC 7000", 0, BlockState.FAILED, reason="x")])
        store.add_log(LogLine(driven.night.clock.now(), Severity.ERROR, "it broke"))
        screen.listen()
        screen.listen()
        said = [line for line in screen.said if "UTC" in line]
        assert said == [
            "21:47 UTC Error: it broke",
            "21:47 UTC NGC 7000, 20:00 to 20:15, on S50 a349: failed. x.",
        ]
        await driven.pilot.pause()
        assert "Error: it broke" in driven.text()


async def test_w_gives_the_picture_the_whole_width_and_back(drive: Drive) -> None:
    async with drive("full", (80, 24)) as driven:
        desk = await open_review(driven)
        await driven.press("n", "n")
        await wait_for(driven, "▀")
        await driven.press("w")
        await wait_for(driven, "▀")
        assert desk.picture.size.width == 80
        assert "FWHM" not in driven.text()
        await driven.press("w")
        await wait_for(driven, "FWHM 4.1 px")


async def test_sharper_pictures_are_offered_once_and_only_where_the_terminal_names_itself(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TMUX", "STY", "KITTY_WINDOW_ID", "TERM_PROGRAM"):
        monkeypatch.delenv(name, raising=False)
    for term, offers in (("xterm-256color", 0), ("xterm-kitty", 1)):
        monkeypatch.setenv("TERM", term)
        async with drive("full") as driven:
            for _ in range(2):
                await open_review(driven)
                await driven.press("escape")
                await driven.press("1", "g")
            told = [notice for notice in driven.notices() if "display.images" in notice]
            assert len(told) == offers
            assert all('"kitty"' in notice for notice in told)
