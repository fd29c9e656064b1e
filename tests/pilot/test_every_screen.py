"""Every screen in every state at every size, as text: a file per screen, made to be read."""

from collections.abc import Callable
from typing import Any

import pytest
from driven import Drive, Driven
from screen_table import SCREENS, Shown, State
from textual.events import Resize
from textual.geometry import Size
from textual.timer import Timer

from crowdsky_tui.tui.screens import main
from crowdsky_tui.tui.screens.faults import TellsFaults
from crowdsky_tui.tui.widgets.panes.target_look import TargetLook

SIZES = ((60, 20), (80, 24), (120, 40), (200, 50))
NEVER_S = 1e6
STATES = ("empty", "loading", "error", "full")


def missing(text: str, state: State) -> list[str]:
    """Which of the state's words are not in sight, however they are wrapped."""
    flat = " ".join(text.replace("│", " ").split())
    return [words for words in state.words if words not in flat]


async def drawn_at(driven: Driven, state: State, size: Size) -> str:
    """The screen at a size, when all of the state's words are in sight and nothing moves."""
    driven.app._driver._size = size  # type: ignore[union-attr]
    driven.app.post_message(Resize(size, size))
    strip = driven.main.query_one(TargetLook)

    def is_shown() -> bool:
        text = driven.text()
        return text.count("\n") == size.height and not missing(text, state) and strip.is_settled

    await driven.until(is_shown, f"{state.words} at {size.width}×{size.height}")
    text = driven.text()
    assert max(map(len, text.splitlines())) <= size.width
    return text


@pytest.fixture(autouse=True)
def nothing_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """No screen looks again by itself, which a slow machine would picture and a fast one not."""
    set_interval = TellsFaults.set_interval

    def without_end(
        screen: TellsFaults[object],
        interval: float,
        callback: Callable[[], object] | None = None,
        **more: Any,
    ) -> Timer:
        is_textuals = more.get("name") == "screen_update"
        return set_interval(screen, interval if is_textuals else NEVER_S, callback, **more)

    monkeypatch.setattr(TellsFaults, "set_interval", without_end)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
async def test_screen(
    drive: Drive,
    text_snapshot: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
    screen: Shown,
) -> None:
    drawn = []
    for name in STATES:
        state = getattr(screen, name)
        if isinstance(state, str):
            drawn.append(f"══ {name}: left out, {state}\n")
            continue
        monkeypatch.setattr(main, "PATIENCE", 0.0 if state.told_of_late else 600.0)
        async with drive(state.night, SIZES[0], change=state.change) as driven:
            driven.app.NOTIFICATION_TIMEOUT = 600  # type: ignore[misc]
            driven.app._display = lambda *_: None  # type: ignore[method-assign]
            await screen.open(driven)
            for width, height in SIZES:
                text = await drawn_at(driven, state, Size(width, height))
                drawn.append(f"══ {name} {width}×{height}\n{text}")
            assert driven.app.crash is None
    text_snapshot(f"screens/{screen.name}", "".join(drawn))
