"""The site's horizon: looked at with tonight's track of a target over it, and drawn."""

import textwrap
from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.config.site_settings import Obstruction
from crowdsky_tui.config.units import DEGREES
from crowdsky_tui.night.calls.site import HorizonView, Point
from crowdsky_tui.site.horizon import outline_of_line, with_tree
from crowdsky_tui.tui.screens.confirm import Confirm
from crowdsky_tui.tui.screens.form import Field, Form
from crowdsky_tui.tui.screens.modal import Modal
from crowdsky_tui.tui.widgets.key_line import key_lines
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.skyline import LABEL, Canvas

KEYS = (("←→", "azimuth"), ("↑↓", "raise or lower"), ("space", "from here"), ("t", "tree"),
        ("d", "flat again"), ("z", "undo"), ("enter", "keep"), ("esc", "leave"))  # fmt: skip
LEAST_DEG, MOST_DEG = -10.0, 90.0
BELOW = 7
"""Lines that are not the drawing: head, winds, two of words, keys and what is between them."""
Load = Callable[[], Awaitable[HorizonView]]
Keep = Callable[[tuple[Obstruction, ...]], Awaitable[str]]


class HorizonScreen(Modal[str]):
    """Dismissed with a plain line if another horizon was kept."""

    AUTO_FOCUS = ""
    hints = " · ".join(f"{keys} {words}".rstrip() for keys, words in KEYS)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,ctrl+c", "close", show=False),
        Binding("right,l", "along(1)", show=False, id="pane-right"),
        Binding("left,h", "along(-1)", show=False, id="pane-left"),
        Binding("pagedown,tab", "along(15)", show=False),
        Binding("pageup,shift+tab", "along(-15)", show=False),
        Binding("home,g", "along(-360)", show=False),
        Binding("end,G", "along(360)", show=False),
        Binding("up,k", "raise(1)", show=False, id="cursor-up"),
        Binding("down,j", "raise(-1)", show=False, id="cursor-down"),
        Binding("space", "mark", show=False, id="mark"),
        Binding("t", "tree", show=False),
        Binding("d,delete", "flatten", show=False),
        Binding("z", "undo", show=False, id="undo"),
        Binding("enter", "keep", show=False),
    ]

    def __init__(self, load: Load, keep: Keep) -> None:
        super().__init__()
        self._load, self._keep = load, keep
        self.view: HorizonView | None = None
        self.line: list[float] = []
        self._before: list[list[float]] = []
        self._told = "reading the horizon …"
        self.azimuth = 180
        self.from_deg: int | None = None
        self.head, self.drawing = Lines(), Lines(id="skyline")
        self.words, self.keys = Lines(id="told"), Lines(id="legend")

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.drawing
        yield self.words
        yield self.keys

    def hint_row(self) -> int:
        return self.keys.region.y

    def on_mount(self) -> None:
        self._paint()
        self.run_worker(self._read(), exit_on_error=False)

    def on_resize(self) -> None:
        self._paint()

    async def _read(self) -> None:
        try:
            self.view = await self._load()
            self.line, self._told = list(self.view.line), self.view.problem
        except CrowdSkyError as error:
            self._told = str(error)
        self._paint()

    # The drawing

    def _paint(self) -> None:
        width, height = self.app.size
        target = f"  {self.view.target} tonight" if self.view and self.view.track else ""
        changed = "  changed, not kept yet" if self._before else ""
        self.head.show([[(" Horizon", "strong"), (target, "accent"), (changed, "warn")]])
        self.drawing.show(self._drawn(width, height) if self.view else [[]])
        lines = textwrap.wrap(self._said(), max(width - 2, 20))[:2]
        self.words.show([[(f" {line}", "")] for line in [*lines, "", ""][:2]])
        self.keys.show(key_lines(KEYS, max(width - 3, 20)))

    def _drawn(self, width: int, height: int) -> list[list[tuple[str, str]]]:
        keys = len(key_lines(KEYS, max(width - 3, 20)))
        canvas = Canvas(max(width - LABEL - 2, 20), max(height - BELOW + 1 - keys, 4))
        assert self.view is not None
        canvas.line(self.line, "")
        canvas.points(_dots(self.view.moon), "dim")
        canvas.points(_dots(self.view.track), "accent")
        return canvas.lines(self.azimuth, self.from_deg)

    def _said(self) -> str:
        """What is under the cursor, and when the target passes there."""
        if self.view is None:
            return self._told
        at = f"{self.azimuth}° {_wind(self.azimuth)}: horizon {self.line[self.azimuth]:.0f}°"
        if self.from_deg is not None:
            at += f" · from {self.from_deg}° to here"
        passing = [
            _passing(name, self.view, points, self.line, self.azimuth)
            for name, points in ((self.view.target, self.view.track), ("Moon", self.view.moon))
        ]
        return " · ".join([at, *filter(None, passing), *filter(None, [self._told])])

    # What keys do

    def action_along(self, by: int) -> None:
        """Move along the horizon, in azimuth."""
        self.azimuth = max(0, min(360, self.azimuth + by))
        self._paint()

    def action_mark(self) -> None:
        """Begin a stretch here, or forget where it began."""
        self.from_deg = self.azimuth if self.from_deg is None else None
        self._paint()

    def _stretch(self) -> range:
        if self.from_deg is None:
            return range(self.azimuth, self.azimuth + 1)
        return range(min(self.from_deg, self.azimuth), max(self.from_deg, self.azimuth) + 1)

    def _change(self, line: list[float]) -> None:
        """Draw another line; north is one place, at both ends."""
        if not self.line or line == self.line:
            return
        self._before.append(self.line)
        moved = 0 if line[0] != self.line[0] else 360
        line[0] = line[360] = line[moved]
        self.line, self._told = line, ""
        self._paint()

    def action_raise(self, by: int) -> None:
        """Raise or lower the horizon at the cursor."""
        line = list(self.line)
        for azimuth in self._stretch() if line else ():
            line[azimuth] = max(LEAST_DEG, min(MOST_DEG, line[azimuth] + by))
        self._change(line)

    def action_flatten(self) -> None:
        """Take what was drawn here away: the usual horizon again."""
        line = list(self.line)
        for azimuth in self._stretch() if line else ():
            line[azimuth] = self.view.default_deg if self.view else 0.0
        self._change(line)

    def action_undo(self) -> None:
        """Take back the last change."""
        if self._before:
            self.line = self._before.pop()
            self._told = ""
        else:
            self._told = "nothing is left to take back"
        self._paint()

    def action_tree(self) -> None:
        """Ask for a tree: from, to, how high."""
        if self.line:
            stretch = self._stretch()
            height = max(self.line[each] for each in stretch)
            self.begin(self._plant([f"{stretch[0]}", f"{stretch[-1]}", f"{height:.0f}"]))

    async def _plant(self, values: list[str]) -> None:
        """Ask until what is typed is a tree."""
        names, problem = ("from azimuth", "to azimuth, clockwise", "height"), ""
        while True:
            fields = [Field(name, value) for name, value in zip(names, values, strict=True)]
            lines = [problem or "A tree or a house: what is higher already stays."]
            typed = await self.app.push_screen_wait(Form("Tree", lines, fields, "draw it"))
            if typed is None:
                return
            values = list(typed)
            try:
                begin, end, altitude = map(DEGREES.read, values)
                if not (
                    0 <= begin <= 360 and 0 <= end <= 360 and LEAST_DEG <= altitude <= MOST_DEG
                ):
                    raise ValueError("azimuths are 0° to 360°, a height is up to 90°")
            except ValueError as error:
                problem = f"{error}"
                continue
            self.from_deg = None
            self._change(with_tree(self.line, round(begin), round(end), altitude))
            return

    def action_keep(self) -> None:
        """Write the horizon into the settings."""
        if self.line:
            self.begin(self._save())

    async def _save(self) -> None:
        if not self._before:
            self.dismiss(None)
            return
        try:
            note = await self._keep((outline_of_line(self.line),))
        except CrowdSkyError as error:
            self._told = str(error)
            self._paint()
        else:
            self.dismiss(note)

    def action_close(self) -> None:
        """Close the screen; if the horizon was changed and not saved, ask first."""
        if self._before:
            self.begin(self._ask_to_leave())
        else:
            self.dismiss(None)

    async def _ask_to_leave(self) -> None:
        lines = ["What you have drawn is not kept (enter keeps it)."]
        if await self.app.push_screen_wait(Confirm("Leave the horizon as it was?", lines, "leave")):
            self.dismiss(None)


def _dots(points: tuple[Point, ...]) -> list[tuple[float, float]]:
    """The night's part of a way."""
    return [(point.azimuth_deg, point.altitude_deg) for point in points if point.dark]


def _passing(
    name: str, view: HorizonView, points: tuple[Point, ...], line: list[float], azimuth: int
) -> str:
    """`M 31 stands here at 21:40, 62° high, free`."""
    near = [
        point
        for point in points
        if point.dark and abs((point.azimuth_deg - azimuth + 180) % 360 - 180) <= 3
    ]
    if not near:
        return ""
    best = min(near, key=lambda point: abs((point.azimuth_deg - azimuth + 180) % 360 - 180))
    minutes = (view.noon_minutes + best.minutes) % (24 * 60)
    free = best.altitude_deg > line[azimuth]
    at = f"{minutes // 60:02d}:{minutes % 60:02d}"
    if best.altitude_deg < 0:
        return ""
    return f"{name} {at} {best.altitude_deg:.0f}° {'free' if free else 'behind it'}"


def _wind(azimuth: int) -> str:
    names = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
    return names[round(azimuth / 45) % 8]
