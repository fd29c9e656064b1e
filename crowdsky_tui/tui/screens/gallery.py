"""The gallery: small pictures of a target's stacks, fetched as they come into sight."""

import textwrap
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.threads import finished
from crowdsky_tui.blocks.nights import night_of
from crowdsky_tui.night.calls.gallery import ListGallery, ShowPicture, ShowStamp
from crowdsky_tui.night.calls.records import ShowTrends
from crowdsky_tui.store.store import Topic
from crowdsky_tui.tui.format.gallery import peak_of, stack_lines, tile_words
from crowdsky_tui.tui.format.review import wrapped
from crowdsky_tui.tui.format.values import count
from crowdsky_tui.tui.screens.copying import copy_and_tell
from crowdsky_tui.tui.screens.saving import SavesPictures, ShownStack
from crowdsky_tui.tui.themes import NIGHT
from crowdsky_tui.tui.widgets.key_line import key_lines
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.paint import Part, spread
from crowdsky_tui.tui.widgets.pictures.gallery_grid import GalleryGrid, Tile
from crowdsky_tui.tui.widgets.pictures.picture import (
    KnowsLine,
    few_greys,
    half_blocks,
    is_slow,
    reddened,
)

if TYPE_CHECKING:
    from textual.strip import Strip

    from crowdsky_tui.blocks.keys import TargetKey
    from crowdsky_tui.fits.messages import Preview
    from crowdsky_tui.fits.picture_messages import Stamp
    from crowdsky_tui.gallery.records import GalleryItem
    from crowdsky_tui.night.interfaces import NightInterface

LOOK_EVERY = 1.5
MOST_AT_ONCE = 2
MOST_DRAWN = 120
STAMP_SIDES = (64, 128, 256, 32)
"""Pixels of the frame along a stamp's side."""
KEYS = (
    ("←→↑↓", ""), ("enter", "open"), ("P", "save"), ("F/f", "film"),
    ("t/z", "stamps"), ("o", "plots"), ("r", "again"), ("c", "colours"), ("esc", "leave"),
)  # fmt: skip


class GalleryScreen(SavesPictures["GalleryItem"]):
    """Dismissed with the stack to be opened, or None. `start` is the key of the one to begin at."""

    AUTO_FOCUS = ""
    hints = " · ".join(f"{keys} {words}".rstrip() for keys, words in KEYS)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,p,ctrl+c", "close", show=False),
        Binding("down,j", "move(1,0)", show=False, id="cursor-down"),
        Binding("up,k", "move(-1,0)", show=False, id="cursor-up"),
        Binding("right,l", "move(0,1)", show=False, id="pane-right"),
        Binding("space", "move(0,1)", show=False),
        Binding("left,h", "move(0,-1)", show=False, id="pane-left"),
        Binding("pagedown,ctrl+d", "page(1)", show=False, id="page-down"),
        Binding("pageup,ctrl+u", "page(-1)", show=False, id="page-up"),
        Binding("g,home", "end(0)", show=False, id="cursor-top"),
        Binding("G,end", "end(1)", show=False, id="cursor-bottom"),
        Binding("r", "again", show=False),
        Binding("c", "colours", show=False),
        Binding("enter", "open", show=False),
        Binding("f", "film_of_night", show=False),
        Binding("t", "stamps", show=False),
        Binding("o", "plots", show=False),
        Binding("z", "zoom", show=False),
        Binding("y", "copy", show=False, id="copy"),
    ]

    def __init__(self, night: "NightInterface", target: "TargetKey", start: str = "") -> None:
        super().__init__()
        self.night = night
        self._target = target
        self._start = start
        self._seen: tuple[int, int] | None = None
        self._listing = False
        self._problem = ""
        self.items: tuple[GalleryItem, ...] = ()
        self._every: tuple[GalleryItem, ...] = ()
        self._evening: date | None = None
        """The night whose stacks' stamps are shown; None for the thumbnails of all."""
        self._side = STAMP_SIDES[0]
        self._peaks: dict[str, Stamp] = {}
        self._drawn: dict[str, tuple[Strip, ...]] = {}
        self._failed: dict[str, str] = {}
        self._fetching: set[str] = set()
        self._greys = night.settings.display.gallery == "greys"
        self._chosen = False
        """Whether the user chose between greys and colours here."""
        self._line_free = True
        self.head, self.told, self.keys = Lines(), Lines(id="told"), Lines()
        self.tiles = GalleryGrid(id="grid")

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.tiles
        yield self.told
        yield self.keys

    def hint_row(self) -> int:
        return self.keys.region.y

    def on_mount(self) -> None:
        self._show_keys()
        self._look()
        self._paint()
        self.set_interval(LOOK_EVERY, self._look)

    def on_resize(self, _event: events.Resize) -> None:
        self._show_keys()
        self._drawn.clear()
        self.tiles.resize_pictures(small=is_slow(self.app))
        self.call_after_refresh(self._paint)

    def _show_keys(self) -> None:
        self.keys.show(key_lines(KEYS, self.app.size.width))

    # Reading the list, and the pictures that are in sight

    def _look(self) -> None:
        """Read the list again when blocks or the server's list moved."""
        if is_slow(self.app) and not self.tiles.small:
            self.tiles.resize_pictures(small=True)
            self._drawn.clear()
            self._paint()
        revisions = self.night.store.revisions
        seen = (revisions[Topic.BLOCKS], revisions[Topic.SERVER])
        if seen != self._seen and not self._listing:
            self._seen, self._listing = seen, True
            self.run_worker(self._list(), exit_on_error=False)

    async def _list(self) -> None:
        try:
            self._every = await self.night.do(ListGallery(self._target))
            self._choose()
            self._problem = ""
        except CrowdSkyError as error:
            self._problem = str(error)
        finally:
            self._listing = False
        if self._start:
            self._paint()
            keys = [item.key for item in self.items]
            self.tiles.select(keys.index(self._start) if self._start in keys else 0)
            self._start = ""
        self._paint()

    def _choose(self) -> None:
        """Those that are shown: all, or the night's in the order of time."""
        evening = self._evening
        self.items = self._every
        if evening is not None:
            self.items = tuple(
                item for item in reversed(self._every) if night_of(item.start) == evening
            )

    def _pictured(self) -> bool:
        return self.night.settings.display.images != "off" and not self.app.no_color

    def _fetch_more(self) -> None:
        """Ask for what is in sight and missing, few at a time, so that keys stay quick."""
        slow = is_slow(self.app)
        if not self._pictured() or (slow and not self._line_free):
            return
        most = 1 if slow else MOST_AT_ONCE
        for index in self.tiles.in_sight():
            key = self.items[index].key
            if len(self._fetching) >= most:
                return
            if key not in self._drawn and key not in self._failed and key not in self._fetching:
                self._fetching.add(key)
                self._line_free = not slow
                self.run_worker(self._fetch(key), exit_on_error=False)

    def _await_line(self) -> None:
        """On a slow line the next picture comes when this one is shown: keys stay quick."""
        if not self._line_free and isinstance(self.app, KnowsLine):
            self.call_after_refresh(self.app.when_line_is_free, self._line_came_free)

    def _line_came_free(self) -> None:
        self._line_free = True
        if self.is_attached:
            self._fetch_more()

    def _in_greys(self) -> bool:
        """Whether pictures are in few greys: on a slow line too, unless the user chose colours."""
        return self._greys or (is_slow(self.app) and not self._chosen)

    async def _fetch(self, key: str) -> None:
        """Never cut short, even by leaving: that would cost the science child."""
        grid, shows = self.tiles.grid, (self._evening, self._side)
        across, down = grid.picture_columns - 1, grid.picture_rows
        try:
            found = await self._fetch_preview(key, across, 2 * down)
        except CrowdSkyError as error:
            if shows == (self._evening, self._side):
                self._failed[key] = error.why or error.what
        else:
            rgb = few_greys(found.rgb) if self._in_greys() else found.rgb
            rgb = reddened(rgb) if self.app.theme == NIGHT.name else rgb
            if len(self._drawn) >= MOST_DRAWN:
                self._drawn.clear()
            if grid == self.tiles.grid and shows == (self._evening, self._side):
                few = is_slow(self.app)
                strips = half_blocks(rgb, found.width, found.height, across, down, few=few)
                self._drawn[key] = tuple(strips)
        finally:
            self._fetching.discard(key)
            if self.is_attached:
                self._paint()
                self._await_line()

    async def _fetch_preview(self, key: str, width: int, height: int) -> "Preview":
        """One picture: a thumbnail, or the stamp with its peak."""
        if self._evening is None:
            return await finished(self.night.do(ShowPicture(self._target, key, width, height)))
        call = ShowStamp(self._target, key, self._side, width, height)
        stamp = self._peaks[key] = await finished(self.night.do(call))
        return stamp.preview

    # Painting

    def _paint(self) -> None:
        if not self.is_attached:
            return
        self.tiles.show([self._tile(item) for item in self.items])
        target = f"{self._target[1]} on {self._target[0]}"
        number = count(len(self.items), "stack") if self.items else "no stacks yet"
        title = " Gallery " if self._evening is None else f" Stamps of {self._side} px "
        left: list[Part] = [(title, "strong"), (target, "")]
        told = "reading …" if self._listing else "not read" if self._problem else number
        self.head.show([spread(left, [(f" {told} ", "dim")], self.app.size.width)])
        self._tell()
        self._fetch_more()

    def _tile(self, item: "GalleryItem") -> Tile:
        peak = None if self._evening is None else peak_of(self._peaks.get(item.key))
        drawn = self._drawn.get(item.key, ())
        words = tile_words(item, peak)
        return Tile(item.key, words, drawn, () if drawn else self._instead(item.key))

    def _instead(self, key: str) -> tuple[str, ...]:
        """Why there is no picture, in a few short lines."""
        if not self._pictured():
            text = "pictures are off"
        elif key in self._failed:
            text = f"no picture: {self._failed[key]}"
        else:
            text = "coming" if is_slow(self.app) else "…"
        grid = self.tiles.grid
        lines = textwrap.wrap(text, max(grid.picture_columns - 1, 4))
        return tuple(lines[: grid.picture_rows])

    def _tell(self) -> None:
        """All about the stack under the cursor."""
        item = self.selected
        if item is None:
            lines = wrapped(self._without_stacks(), self.app.size.width - 2, "dim")
            self.told.show([[(" ", ""), *line] for line in lines])
            return
        self.told.show(stack_lines(item, self._failed.get(item.key, "")))

    def _without_stacks(self) -> str:
        """What is said where there is no picture to show."""
        if self._problem or self._listing:
            return f"{self._problem} (r)" if self._problem else ""
        return f"No block of {self._target[1]} is stacked yet: s in the targets stacks them"

    @property
    def selected(self) -> "GalleryItem | None":
        """The stack under the cursor."""
        return self.items[self.tiles.at] if self.tiles.at < len(self.items) else None

    def on_gallery_grid_moved(self) -> None:
        """The cursor is on another picture."""
        self._tell()
        self._fetch_more()

    # Keys

    def action_close(self) -> None:
        """Close the gallery."""
        self.dismiss(None)

    def action_move(self, down: int, along: int) -> None:
        """Move the cursor."""
        self.tiles.move(down, along)

    def action_page(self, by: int) -> None:
        """Move the cursor by a page."""
        self.tiles.move(by * max(self.tiles.grid.rows, 2), 0)

    def action_end(self, last: int) -> None:
        """Move the cursor to the first or the last picture."""
        self.tiles.select(last * len(self.items))

    def action_again(self) -> None:
        """Ask once more for what could not be had."""
        self._failed.clear()
        if self._problem:
            self._seen = None
            self._look()
        self._paint()

    def action_colours(self) -> None:
        """From few greys to all colours, and back."""
        self._greys, self._chosen = not self._in_greys(), True
        self._drawn.clear()
        self._paint()

    def shown_stack(self) -> ShownStack | None:
        item = self.selected
        return None if item is None else ShownStack(self._target, item.key)

    def action_film_of_night(self) -> None:
        """Make the film of this night."""
        if self.selected is not None:
            self.make_film(night_of(self.selected.start))

    def action_stamps(self) -> None:
        """From all stacks to the middle of each of this night's, pixel for pixel, and back."""
        item = self.selected
        if item is None:
            return
        self._evening = night_of(item.start) if self._evening is None else None
        self._show_anew(item.key)

    def action_zoom(self) -> None:
        """More of the frame around the target, then the least again."""
        if self._evening is not None and self.selected is not None:
            after = STAMP_SIDES.index(self._side) + 1
            self._side = STAMP_SIDES[after % len(STAMP_SIDES)]
            self._show_anew(self.selected.key)

    def _show_anew(self, key: str) -> None:
        for known in (self._drawn, self._failed, self._peaks):
            known.clear()
        self._choose()
        self._paint()
        self.tiles.select(next(at for at, each in enumerate(self.items) if each.key == key))
        self._paint()

    def action_plots(self) -> None:
        """The target's own nights in plots."""
        from crowdsky_tui.tui.screens.trends import TrendsScreen

        scope, name = self._target.scope, self._target.name
        self.app.push_screen(
            TrendsScreen(
                f"{name} on {scope}", lambda run: self.night.do(ShowTrends(scope, run, name))
            )
        )

    def action_copy(self) -> None:
        """Copy what the cursor is on."""
        item = self.selected
        found = [] if item is None else [("stack", item.name)]
        self.run_worker(copy_and_tell(self, found), exit_on_error=False)

    def action_open(self) -> None:
        """Open the stack of the cursor."""
        if self.selected is not None:
            self.dismiss(self.selected)
