"""What a dialog's own work raises is told, and keys that come fast are taken in their order."""

import asyncio
from typing import Any, NoReturn

import pytest
from driven import Drive, Driven

from crowdsky_tui.base.crash_log import CRASH_LOG
from crowdsky_tui.base.errors import ScopeUnreachable, UsageError
from crowdsky_tui.jobs.review import Mark
from crowdsky_tui.tui.screens.modal import Modal
from crowdsky_tui.tui.screens.picker import Picker
from crowdsky_tui.tui.screens.review import ReviewScreen
from crowdsky_tui.tui.screens.stack_detail import StackDetail


async def notice_with(driven: Driven, text: str) -> str:
    for _ in range(100):
        if found := [notice for notice in driven.notices() if text in notice]:
            return found[0]
        await driven.pilot.pause(0.03)
    raise AssertionError(f"{text!r} was never told: {driven.notices()}")


async def odd(*_asked: str) -> NoReturn:
    raise KeyError("a fault of ours")


@pytest.mark.parametrize("screen", [Picker(odd, odd), StackDetail([("name", "x")], odd)], ids=type)
async def test_a_dialogs_worker_swallows_no_fault(drive: Drive, screen: Modal[object]) -> None:
    async with drive("full") as driven:
        driven.app.push_screen(screen)
        notice = await notice_with(driven, "fault of this program")
        assert "a fault of ours" in notice and CRASH_LOG in notice
        assert driven.app.is_running
        assert "KeyError" in (driven.app.state_dir / CRASH_LOG).read_text()


async def test_a_dialogs_worker_swallows_no_error_that_it_does_not_show(drive: Drive) -> None:
    async def away() -> None:
        raise ScopeUnreachable("no connection", "it is off")

    async with drive("full") as driven:
        screen = Modal[None]()
        driven.app.push_screen(screen)
        await driven.pilot.pause()
        screen.run_worker(away(), exit_on_error=False)
        assert await notice_with(driven, "no connection") == "no connection: it is off"
        assert not (driven.app.state_dir / CRASH_LOG).exists()


async def review(driven: Driven) -> ReviewScreen:
    await driven.press("j", "v")
    for _ in range(100):
        if isinstance(driven.app.screen, ReviewScreen) and driven.app.screen.items:
            return driven.app.screen
        await driven.pilot.pause(0.03)
    raise AssertionError("the desk never came")


def slow_marks(driven: Driven) -> list[tuple[str, Mark]]:
    """Marks take as long as on a memory card, the first one longest; those written, in order."""
    written: list[tuple[str, Mark]] = []
    real = driven.night.review.mark

    async def mark(stack_id: str, mark: Mark) -> str:
        await asyncio.sleep(0.02 if written else 0.1)
        written.append((stack_id, mark))
        return await real(stack_id, mark)

    driven.night.review.mark = mark  # type: ignore[method-assign]
    return written


@pytest.mark.parametrize(
    ("keys", "marks"),
    [
        ("ru", [Mark.REJECTED, Mark.NONE]),
        ("hu", [Mark.HELD, Mark.NONE]),
        ("hru", [Mark.HELD, Mark.REJECTED, Mark.HELD]),
        ("hruu", [Mark.HELD, Mark.REJECTED, Mark.HELD, Mark.NONE]),
        ("ruhu", [Mark.REJECTED, Mark.NONE, Mark.HELD, Mark.NONE]),
    ],
)
async def test_a_mark_is_taken_back_however_fast_the_undo_comes(
    drive: Drive, keys: str, marks: list[Mark]
) -> None:
    async with drive("full") as driven:
        desk = await review(driven)
        written, stack_id = slow_marks(driven), desk.items[desk.at].stack_id
        for key in keys:
            binding = {"r": Mark.REJECTED, "h": Mark.HELD}.get(key)
            if binding is None:
                desk.action_undo()
            else:
                desk.at = [each.stack_id for each in desk.items].index(stack_id)
                desk.action_mark(binding.value)
        for _ in range(100):
            if len(written) == len(marks):
                break
            await driven.pilot.pause(0.03)
        assert written == [(stack_id, mark) for mark in marks]
        assert "There is nothing to undo" not in driven.notices()


async def test_what_was_refused_is_not_there_to_be_undone(drive: Drive) -> None:
    async def refuse(stack_id: str, mark: Mark) -> str:
        raise UsageError("this stack was sent already")

    async with drive("full") as driven:
        desk = await review(driven)
        driven.night.review.mark = refuse  # type: ignore[method-assign]
        desk.action_mark("rejected")
        await notice_with(driven, "this stack was sent already")
        await driven.press("u")
        await notice_with(driven, "There is nothing to undo")


async def test_painting_survives_a_fault_and_tells_it_once(drive: Drive) -> None:
    ticks = 0

    async with drive("full") as driven:
        real = driven.main.top_line.tick

        def odd_tick(*rest: Any, **more: Any) -> None:
            nonlocal ticks
            ticks += 1
            raise KeyError("hostile row")

        driven.main.top_line.tick = odd_tick  # type: ignore[method-assign]
        for _ in range(200):
            if ticks > 2:
                break
            await driven.pilot.pause(0.05)
        await notice_with(driven, "hostile row")
        driven.main.top_line.tick = real  # type: ignore[method-assign]
        assert ticks > 2 and driven.app.is_running
        assert len([each for each in driven.notices() if "hostile row" in each]) == 1
