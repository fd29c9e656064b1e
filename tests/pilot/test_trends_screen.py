"""A telescope's night in plots, by keys."""

import pytest
from driven import Drive
from test_scope_screen import one_scope

from crowdsky_tui.tui.screens.scope import ScopeScreen
from crowdsky_tui.tui.screens.trends import TrendsScreen

BRAILLE = range(0x2801, 0x2900)


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_the_plot_of_the_first_quantity_with_numbers_fills_the_room(
    drive: Drive, size: tuple[int, int]
) -> None:
    async with drive("full", size=size, change=one_scope) as driven:
        await driven.press("0", "p")
        assert isinstance(driven.app.screen, TrendsScreen)
        text = driven.text()
        lines = text.splitlines()
        assert "Temperature  night of 20 Nov" in lines[0]
        assert sum(ord(char) in BRAILLE for char in text) > size[0]
        assert sum("│" in line or "┤" in line for line in lines) >= size[1] - 8
        assert "FWHM" in text and "[Temperature]" in text and "Free space" in text
        assert "°C to" in text and "esc" in lines[-1]
        await driven.press("escape")
        assert isinstance(driven.app.screen, ScopeScreen)


async def test_keys_go_through_quantities_along_the_curve_and_to_other_nights(
    drive: Drive,
) -> None:
    async with drive("full", change=one_scope) as driven:
        await driven.press("0", "p", "down")
        assert "Free space" in driven.text().splitlines()[0]
        assert "full on Thursday" in driven.text().splitlines()[0]
        await driven.press("left")
        last = driven.text()
        await driven.press("left", "left")
        assert driven.text() != last and "GB" in driven.text()
        await driven.press("p")
        assert "night of 19 Nov" in driven.text()
        assert "There are no records of Free space in this night" in driven.text()
        await driven.press("p", "up")
        assert "[Temperature]" in driven.text()
        await driven.press("n")
        assert "night of 20 Nov" in driven.text()


async def test_a_run_that_only_looks_may_look_at_plots(drive: Drive) -> None:
    import msgspec

    def only_looks(night: object) -> None:
        one_scope(night)  # type: ignore[arg-type]
        night.settings = msgspec.structs.replace(night.settings, read_only=True)  # type: ignore[attr-defined]

    async with drive("full", change=only_looks) as driven:
        await driven.press("0", "p")
        assert isinstance(driven.app.screen, TrendsScreen)
