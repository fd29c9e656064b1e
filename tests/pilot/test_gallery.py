"""The gallery: what is in sight is asked for and shown, in words too, and leads on."""

import asyncio
from collections.abc import Callable

import pytest
from driven import Drive, Driven
from stub_gallery import picture, stacks
from stub_night import StubNight

from crowdsky_tui.base.errors import ScopeUnreachable
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.night.calls.gallery import ShowPicture, ShowStamp
from crowdsky_tui.night.calls.pictures import MakeFilm, SavePicture
from crowdsky_tui.night.calls.records import ShowTrends
from crowdsky_tui.tui.app import CrowdSkyApp
from crowdsky_tui.tui.format.gallery import peak_of
from crowdsky_tui.tui.screens.gallery import GalleryScreen
from crowdsky_tui.tui.screens.main import MainScreen
from crowdsky_tui.tui.screens.review import ReviewScreen
from crowdsky_tui.tui.screens.stack_detail import StackDetail
from crowdsky_tui.tui.widgets.pictures.gallery_grid import LEAST_PICTURE, MOST_PICTURE, plan_grid
from crowdsky_tui.tui.widgets.pictures.picture import few_greys

SIZES = [(60, 20), (80, 24), (120, 40), (200, 50)]


def pictures_called_for(driven: Driven) -> list[str]:
    return [each.key for each in driven.night.stub_calls.asked if isinstance(each, ShowPicture)]


async def opened(driven: Driven) -> GalleryScreen:
    """The gallery of the first target, with all that is in sight."""
    await driven.press("1", "g")
    driven.night.stub_calls.asked.clear()  # of the picture beside the selected target
    await driven.press("p")
    await drawn(driven)
    screen = driven.app.screen
    assert isinstance(screen, GalleryScreen)
    return screen


async def drawn(driven: Driven) -> None:
    """Wait until nothing more is being fetched."""
    screen = driven.app.screen
    assert isinstance(screen, GalleryScreen)
    for _ in range(200):
        await driven.pilot.pause()
        if screen.items and not screen._fetching and not screen._listing:
            return
    raise AssertionError("the gallery still fetches")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
async def test_it_fits_and_says_all_in_words(
    drive: Drive, text_snapshot: Callable[[str, str], None], size: tuple[int, int]
) -> None:
    async with drive(size=size) as driven:
        screen = await opened(driven)
        text = driven.text()
        for word in ("20 Nov 20:00", "LP good", "✓ confirmed", "▲ sent", "IRCUT doubtful"):
            assert word in text
        assert text.splitlines()[-1].endswith("esc leave")
        assert len(text.splitlines()) == size[1]
        assert pictures_called_for(driven) == [
            screen.items[index].key for index in screen.tiles.in_sight()
        ]
        text_snapshot(f"gallery-{size[0]}x{size[1]}", text)


@pytest.mark.parametrize("size", SIZES)
def test_the_grid_uses_the_room(size: tuple[int, int]) -> None:
    grid = plan_grid(size[0], size[1] - 4)
    assert grid.columns * grid.tile_width <= size[0]
    assert grid.rows * grid.tile_height <= size[1] - 4
    assert grid.rows >= 2 and grid.columns >= 3 and grid.picture_rows >= 5


def test_a_large_terminal_has_large_pictures_and_a_slow_line_small_ones() -> None:
    large, small = plan_grid(160, 46), plan_grid(160, 46, small=True)
    assert (large.rows, large.picture_rows, small.rows, small.picture_rows) == (2, 20, 3, 12)
    cells = large.picture_rows * large.picture_columns, small.picture_rows * small.picture_columns
    assert cells[0] > 2 * cells[1]
    assert plan_grid(80, 20) == plan_grid(80, 20, small=True)


@pytest.mark.parametrize("height", range(10, 200, 7))
def test_no_picture_is_higher_than_a_preview_is_worth(height: int) -> None:
    grid = plan_grid(160, height)
    assert LEAST_PICTURE <= grid.picture_rows <= MOST_PICTURE
    assert grid.rows * grid.tile_height <= height


async def test_only_what_comes_into_sight_is_asked_for(drive: Drive) -> None:
    async with drive() as driven:
        screen = await opened(driven)
        assert pictures_called_for(driven) == [f"id{number}" for number in range(10)]
        await driven.press("right", "l", "left", "down", "j")
        await drawn(driven)
        assert screen.tiles.at == 11
        assert pictures_called_for(driven) == [f"id{number}" for number in range(15)]
        await driven.press("G")
        await drawn(driven)
        assert pictures_called_for(driven)[-1] == "server/412"
        await driven.press("g", "k", "h")
        assert screen.tiles.at == 0


async def test_enter_leads_on_and_esc_back(drive: Drive) -> None:
    async with drive() as driven:
        await opened(driven)
        await driven.press("l", "enter")
        assert isinstance(driven.app.screen, ReviewScreen)
        await driven.press("escape")
        await drawn(driven)
        assert isinstance(driven.app.screen, GalleryScreen)
        assert driven.app.screen.selected == stacks("S50 a349", "AM Leo")[1]
        await driven.press("G", "enter")
        assert isinstance(driven.app.screen, StackDetail)
        await driven.press("escape")
        await drawn(driven)
        await driven.press("p")
        assert isinstance(driven.app.screen, MainScreen)


async def test_what_cannot_be_had_says_why_and_is_tried_again(drive: Drive) -> None:
    def away(night: StubNight) -> None:
        night.stub_calls.failures[ShowPicture] = ScopeUnreachable("no picture", "it is away [/x]")

    async with drive(change=away) as driven:
        await opened(driven)
        assert "no picture:" in driven.text() and "away [/x]" in driven.text()
        before = len(pictures_called_for(driven))
        await driven.press("j")
        await drawn(driven)
        driven.night.stub_calls.failures.clear()
        await driven.press("g", "r")
        await drawn(driven)
        assert len(pictures_called_for(driven)) > before
        assert "no picture" not in driven.text()


async def test_c_changes_the_colours_for_the_moment(drive: Drive) -> None:
    async with drive() as driven:
        screen = await opened(driven)
        colours = {segment.style for segment in screen.tiles.tiles[0].picture[0]}
        await driven.press("c")
        await drawn(driven)
        assert {segment.style for segment in screen.tiles.tiles[0].picture[0]} != colours


async def test_without_pictures_the_words_stay(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with drive() as driven:
        await opened(driven)
        assert "pictures are" in driven.text() and "LP good" in driven.text()
        assert pictures_called_for(driven) == []


def test_few_greys_are_few() -> None:
    rgb = bytes(range(256)) * 3
    few = few_greys(rgb)
    assert len(few) == len(rgb) and len(set(few)) == 6
    assert few[0::3] == few[1::3] == few[2::3]


@pytest.mark.parametrize("keys", [("G",), ("c",), ("g", "l"), ("escape",)], ids=" ".join)
async def test_a_picture_that_is_being_made_is_never_cut_short(
    drive: Drive, keys: tuple[str, ...]
) -> None:
    go_on, begun, ended = asyncio.Event(), [], []

    async def make() -> Preview:
        begun.append(1)
        try:
            await go_on.wait()
            ended.append("made")
        except asyncio.CancelledError:
            ended.append("cut short")
            raise
        return picture(9, 16)

    def slow(night: StubNight) -> None:
        night.stub_calls.instead[ShowPicture] = make

    async with drive(change=slow) as driven:
        await driven.press("1", "g", "p")
        async with asyncio.timeout(60):
            while not begun:
                await driven.pilot.pause(0.02)
        await driven.press(*keys)
        await driven.pilot.pause(0.05)
        go_on.set()
        async with asyncio.timeout(60):
            while len(ended) < len(begun):
                await driven.pilot.pause(0.02)
        assert set(ended) == {"made"}
        assert driven.app.is_running and driven.app.crash is None


async def test_on_a_slow_line_a_picture_comes_only_when_the_one_before_is_shown(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    free: list[Callable[[], None]] = []
    monkeypatch.setattr(CrowdSkyApp, "slow_line", True)
    monkeypatch.setattr(CrowdSkyApp, "when_line_is_free", lambda self, then: free.append(then))
    async with drive(size=(80, 24)) as driven:
        await driven.press("1", "g", "p")
        for number in (1, 2, 3):
            for _ in range(100):
                await driven.pilot.pause(0.02)
                if len(free) == number:
                    break
            assert len(pictures_called_for(driven)) == number == len(free)
            assert "coming" in driven.text()
            free[-1]()
            await driven.press("l")  # keys are quick meanwhile


async def test_a_line_that_shows_itself_slow_makes_the_pictures_small(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with drive(size=(160, 50)) as driven:
        screen = await opened(driven)
        assert screen.tiles.grid == plan_grid(*screen.tiles.size)
        monkeypatch.setattr(CrowdSkyApp, "slow_line", True)
        screen._look()
        await drawn(driven)
        small = plan_grid(*screen.tiles.size, small=True)
        assert screen.tiles.grid == small
        assert all(len(strips) <= small.picture_rows for strips in screen._drawn.values())


async def test_on_a_slow_line_it_is_in_greys_until_colours_are_chosen(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CrowdSkyApp, "slow_line", True)
    async with drive() as driven:
        screen = await opened(driven)
        screen._greys = False
        assert screen._in_greys()
        await driven.press("c")
        assert not screen._in_greys()
        await driven.press("c")
        assert screen._in_greys()


async def said(driven: Driven, words: str) -> bool:
    """Whether this comes to be said."""
    for _ in range(100):
        await driven.pilot.pause()
        if any(words in str(each.message) for each in driven.app._notifications):
            return True
    return False


async def test_a_picture_is_saved_and_a_film_is_asked_for_by_a_key(drive: Drive) -> None:
    async with drive() as driven:
        screen = await opened(driven)
        await driven.press("l", "P")
        assert await said(driven, "Saved, 1080 × 1970: /pictures/id1.jpg")
        await driven.press("F")
        assert await said(driven, "on its way (job log): AM Leo None")
        await driven.press("f")
        assert await said(driven, "AM Leo 2026-11-20")
        asked_for = [each for each in driven.night.stub_calls.asked if isinstance(each, MakeFilm)]
        assert [each.target for each in asked_for] == [screen._target] * 2
        driven.night.stub_calls.failures[SavePicture] = ScopeUnreachable("no picture", "away [/x]")
        await driven.press("P")
        assert await said(driven, "away [/x]")
        assert driven.app.crash is None


async def test_the_review_saves_too_as_it_is_stretched(drive: Drive) -> None:
    async with drive() as driven:
        await driven.press("2", "v")
        async with asyncio.timeout(60):
            while not getattr(driven.app.screen, "items", []):
                await driven.pilot.pause(0.02)
        await driven.press("s", "P", "F")
        assert await said(driven, "Saved, ") and await said(driven, "A film of 30 stacks")
        (saved,) = [each for each in driven.night.stub_calls.asked if isinstance(each, SavePicture)]
        assert saved.stretch == 2


async def test_the_stamps_of_a_night_with_their_peaks(
    drive: Drive, text_snapshot: Callable[[str, str], None]
) -> None:
    async with drive() as driven:
        screen = await opened(driven)
        await driven.press("l", "t")
        await drawn(driven)
        starts = [item.start for item in screen.items]
        assert starts == sorted(starts) and screen.selected == stacks("S50 a349", "AM Leo")[1]
        assert len(screen.items) == 30  # the server's is of another night
        text = driven.text()
        assert "Stamps of 64 px" in text and "12,800 ADU" in text
        text_snapshot("gallery-stamps", text)
        asked_for = [each for each in driven.night.stub_calls.asked if isinstance(each, ShowStamp)]
        assert {each.side for each in asked_for} == {64}
        await driven.press("z")
        await drawn(driven)
        assert "Stamps of 128 px" in driven.text() and "25,600 ADU" in driven.text()
        await driven.press("t")
        await drawn(driven)
        assert "Gallery" in driven.text() and "ADU" not in driven.text()
        assert len(screen.items) == 31


async def test_a_stamp_of_a_full_star_says_so_in_words(drive: Drive) -> None:
    async with drive() as driven:
        screen = await opened(driven)
        await driven.press("l", "l", "l", "t")
        await drawn(driven)
        assert peak_of(screen._peaks[stacks("S50 a349", "AM Leo")[3].key]) == (
            "12,800 full",
            "warn",
        )
        driven.night.stub_calls.failures[ShowStamp] = ScopeUnreachable("no picture", "it is away")
        await driven.press("z")
        await drawn(driven)
        assert "no picture:" in driven.text()


async def test_without_a_stack_it_says_so(drive: Drive) -> None:
    async with drive() as driven:
        screen = await opened(driven)
        screen.items = ()
        await driven.press("P")
        assert await said(driven, "no stack here yet")
        assert not any(isinstance(each, SavePicture) for each in driven.night.stub_calls.asked)


async def test_o_shows_the_targets_own_nights_in_plots(drive: Drive) -> None:
    async with drive(size=(80, 24)) as driven:
        screen = await opened(driven)
        await driven.press("o")
        assert type(driven.app.screen).__name__ == "TrendsScreen"
        target = screen._target
        asked = ShowTrends(target.scope, "", target.name)
        assert asked in driven.night.stub_calls.asked
        assert target.name in driven.text()
        await driven.press("escape")
        assert type(driven.app.screen) is GalleryScreen
