"""A screen that shows dialogs and waits for their answers."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from textual.screen import ModalScreen

from crowdsky_tui.tui.screens.faults import TellsFaults

if TYPE_CHECKING:
    from crowdsky_tui.progress.requests import PlanLine

T = TypeVar("T")


class Asking(TellsFaults[None], inherit_bindings=False):
    """What the desk says and asks."""

    async def show(self, screen: ModalScreen[T]) -> T | None:
        """Show a dialog, or a screen that works like one; what it is left with."""
        answer: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()

        def dismissed(value: T | None) -> None:
            if not answer.done():
                answer.set_result(value)

        with self.app.batch_update():  # paint it once, when it is complete
            await self.app.push_screen(screen, dismissed)
        return await answer

    said = 0
    """How often something was said."""

    def say(self, text: str) -> None:
        self.said += 1
        self.notify(text, markup=False)

    async def ask(self, title: str, lines: Sequence[str], yes: str) -> bool:
        from crowdsky_tui.tui.screens.confirm import Confirm

        answer = await self.show(Confirm(title, lines, yes))
        return answer is True

    async def show_plan(self, title: str, plan: "Sequence[PlanLine]") -> bool:
        from crowdsky_tui.tui.screens.listing import Plan

        answer = await self.show(Plan(title, plan))
        return answer is True

    async def copy(self, text: str) -> str:
        """See `copy_by`."""
        from crowdsky_tui.tui.screens.copying import copy_by

        return await copy_by(self.app, text)
