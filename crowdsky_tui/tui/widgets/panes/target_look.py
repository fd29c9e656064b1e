"""The selected target in a strip below the lists: its last picture, its night, its blocks."""

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.threads import finished
from crowdsky_tui.progress.queue_pace import QueueLeft
from crowdsky_tui.sky.night_altitudes import NightAltitudes
from crowdsky_tui.store.store import TargetView
from crowdsky_tui.tui.format.values import scope_zone
from crowdsky_tui.tui.themes import NIGHT
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.pictures.picture import (
    Picture,
    drawn_largest,
    is_slow,
    reddened,
)

if TYPE_CHECKING:
    from crowdsky_tui.blocks.keys import TargetKey
    from crowdsky_tui.fits.messages import Preview
    from crowdsky_tui.night.interfaces import NightInterface

WIDE, HIGH = 130, 44
"""The screen's columns and lines from which on there is room for it."""
REST_S = 0.6
"""A cursor that moves on sooner costs the line nothing."""
SIDE = 2


class TargetLook(Horizontal):
    """Shows what `look` is given once the cursor rests; nothing while it is not displayed."""

    def __init__(self, night: "NightInterface") -> None:
        super().__init__(id="look")
        self._night = night
        self._target: TargetView | None = None
        self._altitudes, self._left = NightAltitudes(), QueueLeft()
        self._resting: Timer | None = None
        self._pictured: tuple[TargetKey, str] | None = None
        self._fetching = self._has_picture = False
        self.picture = Picture(id="last-picture")
        self.chart, self.facts = Lines(id="chart"), Lines(id="facts")

    def compose(self) -> ComposeResult:
        yield self.picture
        yield self.chart
        yield self.facts

    def fits(self, width: int, height: int) -> bool:
        """Show or hide it for a screen of this size; whether it is shown."""
        shown = width >= WIDE and height >= HIGH
        if self.display is not shown:
            self.display = shown
        return shown

    def look(
        self,
        target: TargetView | None,
        altitudes: NightAltitudes,
        left: QueueLeft,
        *,
        moved: bool,
    ) -> None:
        """Show this target; `moved`: what is told of it may be another than before."""
        before, self._target = self._target, target
        self._altitudes, self._left = altitudes, left
        if not self.display:
            return
        if (before and before.key) == (target and target.key):
            if moved and self._resting is None:
                self._paint()
        else:
            if self._resting is not None:
                self._resting.stop()
            self._resting = self.set_timer(REST_S, self._rested)

    def on_resize(self) -> None:
        self._pictured = None
        self.call_after_refresh(self._rested)

    @property
    def is_settled(self) -> bool:
        """Whether the cursor has rested and a picture is asked for."""
        if not self.display or self._target is None:
            return True
        return self._resting is None and (self._fetching or self._pictured is not None)

    def _rested(self) -> None:
        self._resting = None
        self._paint()

    def _paint(self) -> None:
        view, store, now = self._target, self._night.store, self._night.clock.now()
        if view is None or not self.display:
            self.chart.show([])
            self.facts.show([])
            self._clear_picture()
            return
        from crowdsky_tui.tui.format.target_look import chart_lines, fact_lines, ribbon_lines

        zone = scope_zone(store.scopes.values())
        blocks = store.blocks.get(view.key, ())
        name = view.key.name
        same_name = [
            each for key, found in store.blocks.items() if key.name == name for each in found
        ]
        size = max(self.chart.size.width - SIDE, 1), self.size.height
        self.chart.show(chart_lines(self._altitudes, view, blocks, now, size, zone))
        width = max(self.facts.size.width - SIDE, 1)
        ribbon = ribbon_lines(same_name, width)
        facts = fact_lines(view, blocks, self._altitudes, self._left, zone, width)
        self.facts.show([*ribbon, [], *facts])
        self._begin_picture(view)

    # The picture

    def _begin_picture(self, view: TargetView) -> None:
        """Fetch the newest stack's picture where it is another; none on a slow line."""
        stacks = ",".join(
            each.stack_name or "" for each in self._night.store.blocks.get(view.key, ())
        )
        wanted = (view.key, stacks)
        off = self._night.settings.display.images == "off" or self.app.no_color
        if wanted == self._pictured or self._fetching or off or is_slow(self.app):
            return
        self._pictured, self._fetching = wanted, True
        self.run_worker(self._fetch(view.key), exit_on_error=False)

    async def _fetch(self, key: "TargetKey") -> None:
        """Never cut short: that would cost the child that computes."""
        try:
            found = await self._newest(key, *self.picture.room())
        except CrowdSkyError:
            found = None
        finally:
            self._fetching = False
        if not self.is_attached or self._target is None:
            return
        if self._target.key != key or self._pictured is None:  # cursor or size changed meanwhile
            self._paint()
        elif found is None:
            self._clear_picture()
        else:
            rgb = reddened(found.rgb) if self.app.theme == NIGHT.name else found.rgb
            self.picture.show(rgb, found.width, found.height)
            self._has_picture = True

    def _clear_picture(self) -> None:
        if self._has_picture:
            self.picture.clear()
            self._has_picture = False

    async def _newest(self, key: "TargetKey", width: int, height: int) -> "Preview | None":
        from crowdsky_tui.night.calls.gallery import ListGallery, ShowPicture

        night = self._night
        items = await night.do(ListGallery(key))
        if not items:
            return None

        async def draw(across: int, down: int) -> "Preview":
            return await finished(night.do(ShowPicture(key, items[0].key, across, down)))

        return await drawn_largest(draw, (width, height))
