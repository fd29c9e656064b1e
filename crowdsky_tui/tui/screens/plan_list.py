"""What the plan's screen does with the list of targets: add, change, take a file's over."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from textual.screen import Screen

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.night.calls.targets import ListPreview
from crowdsky_tui.plan.target import Target
from crowdsky_tui.plan.target_csv import text_of
from crowdsky_tui.tui.screens.confirm import Confirm
from crowdsky_tui.tui.screens.form import Field, Form

FIELDS = (
    ("priority", "priority, 1 to 5 (highest)"),
    ("kind", "kind"),
    ("timeliness", "when (every 3d; tonight; before 2026-12-01T04:00Z)"),
    ("blocks_per_visit", "blocks of a visit"),
    ("filter", "filter (IRCUT, LP, a rig's)"),
    ("sub_exposure_s", "exposure (10, 20, 30, 60 s)"),
    ("state", "state (active, paused, done)"),
)
ADD = ("A name (M 81, T CrB) or J2000 coordinates (09 55 33 +69 03 55).",)
IMPORT = ("A file of Telescopius, N.I.N.A., seestar_alp, SkySafari, AAVSO, or a table.",)
LOWEST, HIGHEST = 1, 5
MOST_SHOWN = 10


class ListCalls(msgspec.Struct, frozen=True):
    """What is asked of the night: one target (by uid), to add, change, and take a file over."""

    show: Callable[[str], Awaitable[Target]]
    add: Callable[[str, str], Awaitable[str]]
    change: Callable[[str, tuple[str, ...]], Awaitable[str]]
    take_over: Callable[[str, str, bool], Awaitable[ListPreview]]


class ListEditing:
    """Each returns whether the list has changed; what cannot be is told on the `screen`."""

    def __init__(self, screen: Screen[str], calls: ListCalls) -> None:
        self._screen, self._calls = screen, calls

    async def add(self) -> bool:
        """Ask for a target and add it."""
        fields = (Field("target"), Field("called (empty: as it is)", optional=True))
        typed = await self._ask(Form("Add a target", ADD, fields, "add it"))
        return typed is not None and await self._tell(self._calls.add(typed[0], typed[1]))

    async def prefer(self, uid: str, priority: int) -> bool:
        """Change a target's priority, within its limits."""
        wanted = min(max(priority, LOWEST), HIGHEST)
        return await self._tell(self._calls.change(uid, (f"priority={wanted}",)))

    async def edit(self, uid: str) -> bool:
        """Show a target's fields, and change those that were."""
        try:
            target = await self._calls.show(uid)
        except CrowdSkyError as error:
            return self._refused(error)
        before = [text_of(target, name) for name, _ in FIELDS]
        fields = [
            Field(label, text, optional=True)
            for (_, label), text in zip(FIELDS, before, strict=True)
        ]
        typed = await self._ask(Form(target.name, (), fields, "keep it"))
        if typed is None:
            return False
        changes = tuple(
            f"{name}={text.strip()}"
            for (name, _), text, old in zip(FIELDS, typed, before, strict=True)
            if text.strip() != old
        )
        return bool(changes) and await self._tell(self._calls.change(uid, changes))

    async def take_over(self) -> bool:
        """Ask for a file, show what its list would do, and write it after a yes."""
        unit = Field("right ascensions (empty, hours, degrees)", optional=True)
        fields = (Field("file", f"{Path.home()}/"), unit)
        typed = await self._ask(Form("Import a list", IMPORT, fields, "look at it"))
        if typed is None:
            return False
        path, unit_typed = (text.strip() for text in typed)
        try:
            found = await self._calls.take_over(path, unit_typed, False)  # noqa: FBT003 - a call
        except CrowdSkyError as error:
            return self._refused(error)
        more = len(found.lines) - MOST_SHOWN
        lines = [*found.lines[:MOST_SHOWN], *([f"and {more} lines more"] if more > 0 else [])]
        if not found.count:
            self._screen.notify("\n".join(lines), markup=False)
            return False
        title = f"Write {found.count} target{'s' if found.count > 1 else ''}?"
        if not await self._screen.app.push_screen_wait(Confirm(title, lines, "write")):
            return False
        return await self._tell(self._write(path, unit_typed))

    async def _write(self, path: str, unit: str) -> str:
        found = await self._calls.take_over(path, unit, True)  # noqa: FBT003 - a call
        return f"{found.written} written"

    async def _ask(self, form: Form) -> tuple[str, ...] | None:
        return await self._screen.app.push_screen_wait(form)

    async def _tell(self, asked: Awaitable[str]) -> bool:
        try:
            self._screen.notify(await asked, markup=False)
        except CrowdSkyError as error:
            return self._refused(error)
        return True

    def _refused(self, error: CrowdSkyError) -> bool:
        self._screen.notify(str(error), severity="warning", markup=False)
        return False
