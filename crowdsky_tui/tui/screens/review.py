"""The review: look at every stack before it leaves, one at a time, with single keys."""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.fits.messages import STRETCHES
from crowdsky_tui.jobs.review import Mark
from crowdsky_tui.night.calls.review import (
    FetchStack,
    ListReview,
    MarkStack,
    MeasureStack,
    SendKept,
)
from crowdsky_tui.store.store import Topic
from crowdsky_tui.tui.format.review import fact_lines, head_line, wrapped
from crowdsky_tui.tui.screens.copying import copy_and_tell
from crowdsky_tui.tui.screens.review_items import (
    MarkHistory,
    Word,
    first_place,
    is_shown,
    one_before,
    to_measure,
)
from crowdsky_tui.tui.screens.review_pictures import PictureKey, ReviewPictures
from crowdsky_tui.tui.screens.saving import SAVING_KEYS, SavesPictures, ShownStack
from crowdsky_tui.tui.themes import NIGHT
from crowdsky_tui.tui.widgets.key_line import key_lines
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.pictures.picture import (
    better_images,
    is_slow,
    picture_for,
    reddened,
)

if TYPE_CHECKING:
    from crowdsky_tui.blocks.keys import BlockKey
    from crowdsky_tui.night.interfaces import NightInterface
    from crowdsky_tui.review.stack_review import ReviewItem

LOOK_EVERY = 1.0
ZOOMS = (1, 2, 4)
AHEAD = 2
SIDE_GAP = 2
KEYS = (
    ("k", "keep"), ("K", "keep all good"), ("h", "hold"), ("r", "reject"), ("u", "undo"),
    ("n/p", "next"), ("s", "stretch"), ("b", "blink"), ("z", "zoom"), ("w", "wide"),
    *SAVING_KEYS, ("enter", "send"), ("esc", "leave"),
)  # fmt: skip


class ReviewScreen(SavesPictures[None]):
    """Starts at the stack of the block `start`, else at the first undecided one."""

    AUTO_FOCUS = ""
    hints = " · ".join(f"{keys} {words}".rstrip() for keys, words in KEYS)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-wide")]  # noqa: RUF012 (Textual's own form)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,v,ctrl+c", "close", show=False),
        Binding("n,down,right,j,space", "go(1)", show=False),
        Binding("p,up,left", "go(-1)", show=False),
        Binding("k", "keep", show=False),
        Binding("K", "keep_good", show=False),
        Binding("h", "mark('held')", show=False),
        Binding("r", "mark('rejected')", show=False),
        Binding("u", "undo", show=False),
        Binding("s", "stretch", show=False),
        Binding("z", "zoom", show=False),
        Binding("b", "blink", show=False),
        Binding("w", "wide", show=False),
        Binding("f", "fetch", show=False),
        Binding("enter", "send", show=False),
        Binding("y", "copy", show=False, id="copy"),
    ]

    def __init__(self, night: "NightInterface", start: "BlockKey | None" = None) -> None:
        super().__init__()
        self.night = night
        self.items: list[ReviewItem] = []
        self.at = 0
        self._start = start
        self._all: tuple[ReviewItem, ...] = ()
        self._history = MarkHistory()
        self._marking = asyncio.Lock()
        self._stretch, self._zoom, self._blink = 1, 0, False
        self._previews = ReviewPictures(night)
        self._shown: PictureKey | None = None
        self._unusable: dict[str, str] = {}
        self._fetching: set[str] = set()
        self._measuring = self._drawing = False
        self._progress, self._problem = "reading …", ""
        self._seen, self._words_width = -1, 0
        self.head, self.facts, self.keys = Lines(), Lines(id="facts"), Lines()
        self.picture, self._no_graphics = picture_for(night.settings.display.images)

    def compose(self) -> ComposeResult:
        yield self.head
        with Horizontal(id="light-table"):
            yield self.picture
            yield self.facts
        yield self.keys

    def hint_row(self) -> int:
        return self.keys.region.y

    def on_mount(self) -> None:
        self.screen_layout_refresh_signal.subscribe(self, self._laid_out)
        if self._no_graphics:
            self.notify(self._no_graphics, severity="warning", markup=False)
        elif not is_slow(self.app) and (
            better := better_images(self.night.settings.display.images)
        ):
            cast("Any", self.app).say_once(
                f'This terminal shows sharper pictures with display.images = "{better}" (settings)'
            )
        self._paint()
        self._work(self._open())
        self.set_interval(LOOK_EVERY, self._look)

    def on_resize(self) -> None:
        self._new_room()

    def _laid_out(self, _screen: object) -> None:
        """The styles of another width come later than that width, and change the words' room."""
        if self.facts.size.width != self._words_width:
            self._new_room()

    def _new_room(self) -> None:
        """Words and picture have another room: they are drawn again."""
        self._previews.forget()
        self._shown = None
        self.call_after_refresh(self._paint)

    def _show_keys(self) -> None:
        good = len(self._history.good(self.items))
        words = {"K": f"keep all {good} good" if good else "keep all good"}
        keys = [(key, words.get(key, word)) for key, word in KEYS]
        self.keys.show(key_lines(keys, self.app.size.width))

    # Reading and measuring, in the background

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this beside the keys. Nothing here is cut short: that would cost the science child."""
        self.run_worker(self._guarded(work), exit_on_error=False)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except CrowdSkyError as error:
            self._progress, self._problem = "", str(error)
            self.notify(self._problem, severity="error", markup=False)
        finally:
            self._paint()

    def _look(self) -> None:
        """Read again when blocks moved: something was fetched, sent or confirmed."""
        if self.night.store.revisions[Topic.BLOCKS] != self._seen:
            self._work(self._refresh())

    async def _open(self) -> None:
        await self._reload()
        self._progress = ""
        await self._fetch_and_measure()

    async def _refresh(self) -> None:
        await self._reload()
        await self._fetch_and_measure()

    async def _fetch_and_measure(self) -> None:
        await self._fetch_ahead()
        await self._measure_all()

    async def _fetch_ahead(self) -> None:
        """Bring the stack that is shown to this machine, and the next ones."""
        for each in self.items[self.at : self.at + 1 + AHEAD]:
            if not each.fetched and each.stack_id not in self._fetching:
                await self._fetch(each)

    async def _reload(self) -> None:
        """Read the stacks again and stay on the one that is shown."""
        self._seen = self.night.store.revisions[Topic.BLOCKS]
        before = self.item.stack_id if self.item else None
        self._all, self._problem = await self.night.do(ListReview()), ""
        self.items = [each for each in self._all if is_shown(each, self._start)]
        places = {each.stack_id: index for index, each in enumerate(self.items)}
        last = max(len(self.items) - 1, 0)
        fallback = first_place(self.items, self._start) if before is None else min(self.at, last)
        self.at = places.get(before or "", fallback)
        self._paint()

    async def _measure_all(self) -> None:
        """Measure what is not measured of the kinds that are shown."""
        if self._measuring:
            return
        self._measuring = True
        try:
            await self._measure_each()
        finally:
            self._measuring, self._progress = False, ""

    async def _measure_each(self) -> None:
        todo = to_measure(self._all, self.items, self._unusable)
        for number, each in enumerate(todo, start=1):
            self._progress = f"measuring {number} of {len(todo)}"
            self._paint_head()
            try:
                await self.night.do(MeasureStack(each.stack_id))
            except CrowdSkyError as error:
                self._unusable[each.stack_id] = str(error)
        if todo:
            await self._reload()

    # Painting

    @property
    def item(self) -> "ReviewItem | None":
        """The stack that is shown."""
        return self.items[self.at] if self.at < len(self.items) else None

    def _paint_head(self) -> None:
        view = f"{STRETCHES[self._stretch]} {ZOOMS[self._zoom]}×"
        shown = f"blink: {self._pictured_name()}" if self._blink else view
        width = self.app.size.width
        self.head.show([head_line(self.items, self.at, shown, self._progress, width)])

    def _paint(self) -> None:
        if not self.is_attached:
            return
        self._paint_head()
        self._show_keys()
        self._words_width = self.facts.size.width
        width, item = max(self._words_width - SIDE_GAP, 20), self.item
        if item is None:
            text = self._progress or self._problem or "No stack waits to be looked at."
            self.facts.show(wrapped(text, width, "dim"))
            self.picture.clear()
            return
        lines = fact_lines(item, width)
        if item.stack_id in self._unusable:
            lines += [[(f"cannot be measured: {self._unusable[item.stack_id]}", "bad")]]
        self.facts.show(lines[: max(self.size.height - 2, 1)])
        self._paint_picture()

    def _pictured(self) -> "ReviewItem | None":
        """The stack whose picture is shown: while blinking, the one before it of its kind."""
        item = self.item
        return one_before(item, self._all) if self._blink and item is not None else item

    def _pictured_name(self) -> str:
        shown = self._pictured()
        return "" if shown is None else f"{shown.block.block_start:%H:%M}"

    def _paint_picture(self) -> None:
        item = self._pictured()
        off = self.night.settings.display.images == "off" or self.app.no_color
        if item is None or not item.fetched or off:
            self.picture.clear()
            self._shown = None
            return
        key = (item.stack_id, self._stretch, ZOOMS[self._zoom])
        if key == self._shown:
            return
        found = self._previews.get(key)
        if found is None:
            if not self._drawing and item.stack_id not in self._unusable:
                self._drawing = True
                self._work(self._draw(key))
            return
        self._shown = key
        rgb = reddened(found.rgb) if self.app.theme == NIGHT.name else found.rgb
        self.picture.show(rgb, found.width, found.height)

    async def _draw(self, key: PictureKey) -> None:
        """Ask for a picture; painting then asks for the next one if another is wanted by now."""
        try:
            await self._previews.draw(key, self.picture.room())
        except CrowdSkyError as error:
            self._unusable[key[0]] = str(error)
        finally:
            self._drawing = False

    # Keys

    def action_close(self) -> None:
        """Remove the picture from the terminal and close the review."""
        self.picture.clear()
        self.dismiss(None)

    def action_go(self, by: int) -> None:
        """To the next stack, or the one before; the ends stay where they are."""
        self._blink = False
        self.at = max(min(self.at + by, len(self.items) - 1), 0)
        self._paint()
        self._work(self._fetch_ahead())

    def action_mark(self, mark: str) -> None:
        """Keep, hold or reject the stack that is shown."""
        if self.item is not None:
            self._say([self.item], Mark(mark))

    def action_keep(self) -> None:
        """Keep this stack and go on to the next."""
        self.action_mark(Mark.KEPT)
        self.action_go(1)

    def action_keep_good(self) -> None:
        """Keep every undecided stack that is graded good, with one key; `u` takes all back."""
        good = self._history.good(self.items)
        if not good:
            self.notify("No undecided stack is graded good", markup=False)
            return
        self._say(good, Mark.KEPT)

    def _say(self, items: list["ReviewItem"], mark: Mark) -> None:
        words = self._history.note(items, mark)
        self._work(self._decide(words))

    def action_undo(self) -> None:
        """Take back what the last key kept, held or rejected, and go back to its first stack."""
        words = self._history.pop()
        if not words:
            self.notify("There is nothing to undo", markup=False)
            return
        places = {each.stack_id: index for index, each in enumerate(self.items)}
        self.at = places.get(words[0][0], self.at)
        self._work(self._mark([(stack_id, before) for stack_id, before, _ in words]))

    async def _decide(self, words: list[Word]) -> None:
        try:
            await self._mark([(stack_id, after) for stack_id, _, after in words])
        except CrowdSkyError:
            self._history.forget(words)
            raise

    async def _mark(self, marks: list[tuple[str, Mark]]) -> None:
        """Write marks down, after those whose keys came before."""
        async with self._marking:
            for stack_id, mark in marks:
                await self.night.do(MarkStack(stack_id, mark))
        await self._reload()

    def action_stretch(self) -> None:
        """Show the picture with the next stretch."""
        self._stretch = (self._stretch + 1) % len(STRETCHES)
        self._paint()

    def action_zoom(self) -> None:
        """Show the picture's middle larger, or all of it again."""
        self._zoom = (self._zoom + 1) % len(ZOOMS)
        self._paint()

    def action_blink(self) -> None:
        """Show the picture of the block before, and back."""
        self._blink = not self._blink
        if self._blink and self._pictured() is self.item:
            self._blink = False
            self.notify("There is no earlier stack of this kind here", markup=False)
        self._paint()

    def action_wide(self) -> None:
        """Give the picture the whole width, and the facts their place back."""
        self.toggle_class("-picture-alone")
        self._new_room()

    def action_fetch(self) -> None:
        """Bring the stack that is shown to this machine."""
        if self.item is not None and not self.item.fetched:
            self._work(self._fetch(self.item))

    async def _fetch(self, item: "ReviewItem") -> None:
        self._fetching.add(item.stack_id)
        await self.night.do(FetchStack(item.stack_id))

    def action_copy(self) -> None:
        """Copy what the cursor is on."""
        found = [] if self.item is None else [("stack", self.item.block.stack_name or "")]
        self.run_worker(copy_and_tell(self, found), exit_on_error=False)

    def shown_stack(self) -> ShownStack | None:
        item = self.item
        if item is None:
            return None
        return ShownStack(item.block.key.target, item.stack_id, self._stretch)

    def action_send(self) -> None:
        """Send what is kept."""
        self._work(self._send())

    async def _send(self) -> None:
        asked = await self.night.do(SendKept())
        self.notify(asked.note, markup=False)
        await self._reload()
