"""One frame of the archive: its headers, and each of its pictures by keys."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.geometry import Size

from crowdsky_tui.archive.frame import FramePart
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.tui.screens.reading import read_anew
from crowdsky_tui.tui.screens.stack_detail import StackDetail

SIDE = 240
"""Pixels of a picture's longer side, at most."""


WIDE, WIDE_PICTURE = 130, 60


class Sources(msgspec.Struct, frozen=True):
    """What the screen asks: the header of a part, and its picture of so many pixels."""

    header: Callable[[FramePart], Awaitable[tuple[tuple[str, str], ...]]]
    picture: Callable[[FramePart, int], Awaitable[Preview]]


class FrameDetail(StackDetail):
    """Dismissed with True if the frame is to be fetched. Without parts its file is not here."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "part(1)", show=False, id="pane-right"),
        Binding("left,h", "part(-1)", show=False, id="pane-left"),
    ]
    widest = 144

    def __init__(
        self, facts: Sequence[tuple[str, str]], parts: Sequence[FramePart], sources: Sources
    ) -> None:
        super().__init__(facts, self._picture if parts else None)
        self.title_text = "Frame"
        self._facts, self._parts, self._sources = facts, tuple(parts), sources
        self._at = 0
        self._headers: dict[str, tuple[tuple[str, str], ...]] = {}
        self._pictures: dict[FramePart, Preview] = {}
        self.hints = "esc close" if parts else "D fetch · esc close"
        if len(parts) > 1:
            self.hints = f"←→ picture · {self.hints}"

    def action_part(self, by: int) -> None:
        """Show the next picture of the frame."""
        if len(self._parts) > 1:
            self._at = (self._at + by) % len(self._parts)
            read_anew(self, self._show_picture, "picture")

    def action_download(self) -> None:
        """Fetch the frame, if it is not here."""
        if not self._parts:
            self.dismiss(result=True)

    def picture_columns(self, size: Size) -> int:
        """A wide screen has room for a larger picture."""
        return WIDE_PICTURE if size.width >= WIDE else super().picture_columns(size)

    async def _picture(self) -> Preview:
        part = self._parts[self._at]
        if part not in self._pictures:
            self._pictures[part] = await self._sources.picture(part, SIDE)
        return self._pictures[part]

    async def _show_picture(self) -> None:
        part, count = self._parts[self._at], len(self._parts)
        name = part.name if count == 1 else f"{part.name} ({self._at + 1} of {count})"
        self.set_title(f"Frame · {name}")
        self.about.show([[(f"drawing {part.name} …", "dim")]])
        await super()._show_picture()
        await self._show_header(part)

    async def _show_header(self, part: FramePart) -> None:
        if part.member not in self._headers:
            try:
                self._headers[part.member] = await self._sources.header(part)
            except CrowdSkyError as error:
                self._headers[part.member] = (("not read", str(error)),)
        facts = (*self._facts, *self._headers[part.member])
        self.replace([(label, value, "") for label, value in facts])
