"""Every screen in every state at every size, as text: a file per screen, made to be read."""

import time
from collections.abc import Callable

import pytest
from driven import Drive, Driven
from screen_table import SCREENS, Shown, State
from textual.events import Resize
from textual.geometry import Size

from crowdsky_tui.tui.widgets.panes.target_look import TargetLook

SIZES = ((60, 20), (80, 24), (120, 40), (200, 50))
STATES = ("empty", "loading", "error", "full")
SHOWN_WITHIN_S = 20.0


def missing(text: str, state: State) -> list[str]:
    """Which of the state's words are not in sight, however they are wrapped."""
    flat = " ".join(text.replace("│", " ").split())
    return [words for words in state.words if words not in flat]


async def drawn_at(
    driven: Driven, state: State, size: Size, *, pictured: bool = True
) -> tuple[str, list[str]]:
    """The screen at a size, and which words of the state are cut off or missing there.

    `pictured`: the picture in the strip of the main screen comes, and is waited for.
    """
    driven.app._driver._size = size  # type: ignore[union-attr]
    driven.app.post_message(Resize(size, size))
    before, end = "", time.monotonic() + SHOWN_WITHIN_S
    while time.monotonic() < end:
        await driven.rest()
        text = driven.text()
        lines = text.splitlines()
        settled = not pictured or driven.main.query_one(TargetLook).is_settled
        whole = len(lines) == size.height and not missing(text, state)
        if text == before and whole and settled:
            break
        before = text
        await driven.pilot.pause(0.02)
    assert len(lines) == size.height
    assert max(map(len, lines)) <= size.width
    return text, missing(text, state)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
async def test_screen(
    drive: Drive, text_snapshot: Callable[[str, str], None], screen: Shown
) -> None:
    drawn, lost = [], []
    for name in STATES:
        state = getattr(screen, name)
        if isinstance(state, str):
            drawn.append(f"══ {name}: left out, {state}\n")
            continue
        async with drive(state.night, SIZES[0], change=state.change) as driven:
            driven.app.NOTIFICATION_TIMEOUT = 600  # type: ignore[misc]
            driven.app._display = lambda *_: None  # type: ignore[method-assign]
            await screen.open(driven)
            for width, height in SIZES:
                size, pictured = Size(width, height), name != "loading"
                text, cut = await drawn_at(driven, state, size, pictured=pictured)
                drawn.append(f"══ {name} {width}×{height}\n{text}")
                lost += [f"{name} {width}×{height}: {words!r}" for words in cut]
            assert driven.app.crash is None
    text_snapshot(f"screens/{screen.name}", "".join(drawn))
    assert not lost
