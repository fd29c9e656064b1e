"""Random keys, seeded, in a short form; `python -m tests.monkey` is the long one."""

import sys
from pathlib import Path

import pytest
from driven import Drive

sys.path.append(str(Path(__file__).parents[2]))

from crowdsky_tui.tui.actions.registry import ACTIONS
from tests.monkey import SIZES, run


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("size", SIZES)
async def test_random_keys_neither_crash_nor_hang_it(
    size: tuple[int, int], read_only: bool
) -> None:
    assert await run(11, 250, size, read_only=read_only) == []


async def test_no_screen_answers_keys_before_it_is_ready(drive: Drive) -> None:
    from textual import events

    for action in ACTIONS:
        if action.id in {"quit", "suspend"}:
            continue
        async with drive("full") as driven:
            for key in (action.keys[0], "down", "enter", "G", "space", "slash", "comma", "y"):
                driven.app.post_message(events.Key(key, key if len(key) == 1 else None))
            await driven.handed_on()
            assert driven.app.crash is None, action.id
            assert not any("fault of this program" in notice for notice in driven.notices())
