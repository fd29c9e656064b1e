"""What a screen reads in the background."""

import gc
import warnings
from functools import partial

from textual.app import App

from crowdsky_tui.tui.screens.reading import read_anew


async def test_only_the_last_of_several_readings_is_made_and_none_is_left_behind() -> None:
    made: list[int] = []

    async def read(number: int) -> None:
        made.append(number)

    app: App[None] = App()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        async with app.run_test() as pilot:
            for number in range(3):
                read_anew(app.screen, partial(read, number), "numbers")
            read_anew(app.screen, partial(read, 9), "others")
            await pilot.pause()
        gc.collect()
    assert sorted(made) == [2, 9]
    assert not [each for each in told if "never awaited" in str(each.message)]
