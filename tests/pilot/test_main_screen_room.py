"""The main screen uses its room: altitudes beside targets, the selected target below the lists."""

from collections.abc import Callable

import pytest
import stub_site
from driven import Drive, Driven
from stub_night import StubNight

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.night.calls.altitudes import ShowAltitudes
from crowdsky_tui.night.calls.gallery import ListGallery, ShowPicture
from crowdsky_tui.tui.desk import Pane
from crowdsky_tui.tui.widgets.panes import target_look


def with_sky(night: StubNight) -> None:
    night.store.set_sky(stub_site.sky())


async def with_altitudes(driven: Driven) -> None:
    """What the clock's tick does by itself once the night's times are known."""
    driven.main.tick()
    await driven.rest()
    await driven.settle()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 50)])
async def test_the_main_screen_with_a_place(
    drive: Drive, text_snapshot: Callable[[str, str], None], size: tuple[int, int]
) -> None:
    async with drive(size=size, change=with_sky) as driven:
        await driven.press("j")
        await with_altitudes(driven)
        await driven.pilot.pause(0.02)
        await driven.rest()
        text_snapshot(f"main-{size[0]}x{size[1]}", driven.text())


async def test_altitudes_are_asked_for_once_and_only_where_a_place_is_known(drive: Drive) -> None:
    async with drive() as driven:
        await with_altitudes(driven)
        assert ShowAltitudes not in map(type, driven.night.stub_calls.asked)
        assert "tonight" not in driven.text()
        with_sky(driven.night)
        for _ in range(3):
            await with_altitudes(driven)
        asked = [each for each in driven.night.stub_calls.asked if isinstance(each, ShowAltitudes)]
        assert [each.names for each in asked] == [("AM Leo", "M 81", "NGC 7000")]
        assert "tonight" in driven.text()


async def test_without_an_answer_there_is_no_column(drive: Drive) -> None:
    def refuse(night: StubNight) -> None:
        with_sky(night)
        night.stub_calls.failures[ShowAltitudes] = CrowdSkyError("no", "way", "at all")

    async with drive(change=refuse) as driven:
        await with_altitudes(driven)
        assert "tonight" not in driven.text()
        assert driven.notices() == []


async def test_details_tell_the_altitude_in_words(drive: Drive) -> None:
    async with drive(change=with_sky) as driven:
        await with_altitudes(driven)
        await driven.press("y")
        await driven.act("open")
        driven.main.go(Pane.TARGETS)
        words = dict(driven.main.targets.details())
        assert words["tonight"].startswith("75° at ")


@pytest.mark.parametrize(("size", "shown"), [((129, 50), False), ((160, 43), False),
                                             ((130, 44), True)])  # fmt: skip
async def test_the_strip_is_shown_where_there_is_room(
    drive: Drive, size: tuple[int, int], shown: bool
) -> None:
    async with drive(size=size) as driven:
        await driven.pilot.pause(0.02)
        assert driven.main.target_look.display is shown
        pictures = [each for each in driven.night.stub_calls.asked if isinstance(each, ShowPicture)]
        assert bool(pictures) is shown, "what is not shown is not fetched"


async def test_a_cursor_that_moves_on_fetches_nothing(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target_look, "REST_S", 60.0)
    async with drive(size=(160, 50)) as driven:
        await driven.rest()
        driven.night.stub_calls.asked.clear()
        await driven.press("j", "j", "k", "j")
        assert ListGallery not in map(type, driven.night.stub_calls.asked)


async def test_no_picture_on_a_slow_line(drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_look, "is_slow", lambda _app: True)
    async with drive(size=(160, 50)) as driven:
        await driven.press("j")
        await driven.pilot.pause(0.02)
        assert ListGallery not in map(type, driven.night.stub_calls.asked)
        assert "nothing is to do" not in driven.text() and "queue" in driven.text()
