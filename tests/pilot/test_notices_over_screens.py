"""Notices cover a quarter of a screen at most: the newest few, above the keys."""

import pytest
from driven import Drive
from textual.app import App
from textual.geometry import Size
from textual.notifications import Notification
from textual.widgets._toast import Toast, ToastRack

from crowdsky_tui.tui.widgets.notices import MOST, shortened, too_many

SIZE = Size(80, 24)


def named(*messages: str) -> list[Notification]:
    return [Notification(message) for message in messages]


def test_only_the_newest_few_stay() -> None:
    notices = named(*(f"notice {number}" for number in range(9)))
    assert too_many(notices[:MOST], SIZE) == []
    gone = too_many(notices, SIZE)
    assert [one for one in notices if one not in gone] == notices[-MOST:]


def test_only_what_fits_a_quarter_of_the_rows_stays_and_the_newest_always() -> None:
    four_rows = "word " * 60
    notices = named("one row", four_rows, "another row", four_rows)
    assert notices[1] in too_many(notices, SIZE)
    assert notices[2] not in too_many(notices, SIZE)
    endless = named("one row", "word " * 900)
    assert too_many(endless, SIZE) == endless[:1]


def test_a_message_is_cut_only_where_it_would_take_more() -> None:
    assert shortened("a few words\nin two lines", SIZE) == "a few words\nin two lines"
    for endless in ("word " * 900, "\n" * 900, "word\n" * 900):
        cut = shortened(endless, SIZE)
        assert cut.endswith("…")
        assert len(cut.split("\n")) <= 6
    assert shortened("word " * 900, Size(0, 0)) == "word " * 900, "no size is known yet"


def shown(app: App[None]) -> list[Toast]:
    (rack,) = app.screen.query(ToastRack)
    return list(rack.query(Toast))


@pytest.mark.parametrize("key", ["", "E", "question_mark", "c"])
async def test_a_tall_stack_of_notices_never_covers_the_middle_of_a_screen(
    drive: Drive, key: str
) -> None:
    async with drive(size=(SIZE.width, SIZE.height)) as driven:
        if key:
            await driven.press(key)
        for number in range(12):
            driven.app.notify(f"{number}: {'word ' * (40 if number % 2 else 4)}", markup=False)
        driven.app.notify("the newest " + "word " * 400, markup=False)
        await driven.pilot.pause(0.1)
        toasts = shown(driven.app)
        assert toasts and str(toasts[-1].render()).startswith("the newest")
        tops = [toast.region.y for toast in toasts]
        assert min(tops) > SIZE.height // 2, tops
        assert max(toast.region.bottom for toast in toasts) < SIZE.height, "the keys stay"
