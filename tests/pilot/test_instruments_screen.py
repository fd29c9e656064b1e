"""The site with its instruments and sensors, by keys."""

from typing import Any

import msgspec
import pytest
import stub_instruments
from driven import Drive

from crowdsky_tui.night.calls.instruments import ShowInstruments, TroubleSensor
from crowdsky_tui.night.calls.newest_picture import FindNewestPicture
from crowdsky_tui.night.calls.place import KeepProposedPlace, ProposePlace
from crowdsky_tui.night.calls.records import ShowTrends
from crowdsky_tui.night.instrument_tree import InstrumentTree, Node, Value
from crowdsky_tui.tui.screens.choice import Choice
from crowdsky_tui.tui.screens.instruments import InstrumentsScreen
from crowdsky_tui.tui.screens.one_picture import OnePictureScreen
from crowdsky_tui.tui.screens.scope import ScopeScreen
from crowdsky_tui.tui.screens.trends import TrendsScreen
from crowdsky_tui.tui.widgets.pictures.picture import UPPER_HALF

BRAILLE = range(0x2801, 0x2900)


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_all_is_there_with_its_age_its_unit_and_the_verdicts_reasons(
    drive: Drive, size: tuple[int, int]
) -> None:
    async with drive("full", size=size) as driven:
        await driven.press("8")
        assert isinstance(driven.showing, InstrumentsScreen)
        await driven.rest()
        text = driven.text()
        assert "NOT SAFE" in text and "roof: wet 12 s ago" in text
        for name in ("garden", "S50 a349", "S30 10d5", "roof", "sky meter"):
            assert name in text
        assert "12.5 °C" in text and "4 s ago" in text
        assert sum(ord(char) in BRAILLE for char in text) > size[0] // 2, "no plot"
        assert "Temperature tonight" in text
        assert "esc" in text.splitlines()[-1]


async def test_what_is_only_remembered_says_so(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("8", "down")
        await driven.rest()
        text = driven.text()
        assert "before the program began" in text and "2 h ago" in text
        assert "it does not answer" in text


async def test_a_sensor_is_unplugged_and_put_back_in_the_demo(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("8", "down", "down", "x")
        assert isinstance(driven.showing, Choice)
        await driven.press("enter")
        assert isinstance(driven.showing, InstrumentsScreen)
        await driven.rest()
        assert any(line.startswith(" › ") and "roof" in line for line in driven.text().splitlines())
        await driven.press("x", "up", "enter")
        asked = [call for call in driven.night.stub_calls.asked if isinstance(call, TroubleSensor)]
        assert asked == [TroubleSensor("roof", "unplugged"), TroubleSensor("roof", "")]


async def test_outside_of_the_demo_nothing_can_be_done_to_a_sensor(drive: Drive) -> None:
    async def real() -> InstrumentTree:
        return msgspec.structs.replace(stub_instruments.tree(), stand_in=False)

    def change(night: Any) -> None:
        night.stub_calls.instead[ShowInstruments] = real

    async with drive("full", change=change) as driven:
        await driven.press("8", "down", "down")
        assert "x trouble" not in driven.text()
        await driven.press("x")
        assert isinstance(driven.showing, InstrumentsScreen)


async def test_the_newest_picture_is_shown_and_left(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("8", "end", "v")
        assert isinstance(driven.showing, OnePictureScreen)
        await driven.rest()
        assert "hut: SS Cyg, 60 s LP" in driven.text() and UPPER_HALF in driven.text()
        await driven.press("escape")
        assert isinstance(driven.showing, InstrumentsScreen)
        assert FindNewestPicture("hut") in driven.night.stub_calls.asked
        await driven.press("up", "v")
        assert isinstance(driven.showing, InstrumentsScreen), "a sensor takes no pictures"
        assert any("takes no pictures" in notice for notice in driven.notices())


async def test_enter_opens_a_telescope_and_the_plots_of_a_sensor(drive: Drive) -> None:
    async with drive("full") as driven:
        await driven.press("8", "enter")
        assert isinstance(driven.showing, ScopeScreen)
        await driven.press("escape")
        assert isinstance(driven.showing, InstrumentsScreen)
        await driven.press("p")
        assert isinstance(driven.showing, TrendsScreen)
        await driven.press("escape", "down", "down", "enter")
        assert isinstance(driven.showing, TrendsScreen)
        assert ShowTrends("roof") in driven.night.stub_calls.asked


async def test_more_than_the_room_scrolls_and_a_hostile_value_stays_in_its_line(
    drive: Drive,
) -> None:
    many = tuple(
        Node(f"board {number}", "sensor", "json", "answers",
             values=tuple(Value(f"value {each}", "x" * 120, 1.0) for each in range(40)))
        for number in range(50)
    )  # fmt: skip

    async def crowded() -> InstrumentTree:
        return msgspec.structs.replace(stub_instruments.tree(), nodes=many)

    def change(night: Any) -> None:
        night.stub_calls.instead[ShowInstruments] = crowded

    async with drive("full", change=change) as driven:
        await driven.press("8")
        for key, seen in (("end", "board 49"), ("home", "garden"), ("down", "board 0")):
            await driven.press(key)
            await driven.rest()
            lines = driven.text().splitlines()
            assert any(line.startswith(" › ") and seen in line for line in lines)
            assert max(map(len, lines)) <= 80 and "esc" in lines[-1]


async def test_the_place_is_kept_only_after_a_yes(drive: Drive) -> None:
    kept = []

    async def place_now() -> str:
        return "48.1° N 11.5° W"

    async def keeps() -> str:
        kept.append("once")
        return "The place is kept"

    def change(night: Any) -> None:
        night.stub_calls.instead |= {ProposePlace: place_now, KeepProposedPlace: keeps}

    async with drive("full", change=change) as driven:
        await driven.press("8", "g", "enter")
        await driven.rest()
        assert "48.1° N 11.5° W" in driven.text() and "keep it" in driven.text()
        await driven.press("escape")
        await driven.rest()
        assert kept == []
        await driven.press("g", "enter")
        await driven.rest()
        await driven.press("y")
        await driven.rest()
        assert kept == ["once"]
