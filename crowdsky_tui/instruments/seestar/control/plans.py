"""What an operation would do, before it is done: for whoever is asked to confirm it."""

from datetime import datetime

import msgspec

from crowdsky_tui.base.errors import CommandRefused, ScopeTimeout
from crowdsky_tui.base.redaction import keep_place
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.instructions import Ability
from crowdsky_tui.instruments.interface import InstructionPlan
from crowdsky_tui.instruments.seestar.control.camera_settings import Present as Camera
from crowdsky_tui.instruments.seestar.control.camera_settings import read_present as read_camera
from crowdsky_tui.instruments.seestar.control.operations import (
    Operated,
    is_working,
    read_mount,
    read_view,
)
from crowdsky_tui.instruments.seestar.control.state import number_of, section, text_of, whole_of
from crowdsky_tui.instruments.seestar.control.telemetry import arm_of
from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.coordinates import SkyTarget
from crowdsky_tui.sky.horizontal import altitude_deg, sets_at

LOW_DEG = 15.0
_SETTINGS = (Ability.FILTER, Ability.EXPOSURE, Ability.GAIN, Ability.HEATER)


class Present(msgspec.Struct, frozen=True):
    """What the telescope does now. `arm` is open, closed, moving, or None if it does not say."""

    arm: str | None
    working: bool
    stage: str
    target: str
    stacking: bool
    frames: int
    goto_failed: bool

    @property
    def endings(self) -> tuple[str, ...]:
        """The steps that bring it to rest."""
        target = self.target or "what it looks at"
        if self.stacking:
            return (f"stop stacking {target} and save its {self.frames} frames", "stop looking")
        if self.working and self.stage == "AutoGoto":
            return (f"stop going to {target}",)
        return (f"stop looking at {target}",) if self.working else ()


async def read_present(scope: Operated) -> Present:
    """Ask the telescope what it does. Raises DeviceError."""
    view = await read_view(scope)
    stack = section(view, "Stack")
    working = is_working(view)
    try:
        arm = arm_of(await read_mount(scope))
    except ScopeTimeout:  # busy imaging
        arm = None
    return Present(
        arm=arm,
        working=working,
        stage=text_of(view, "stage"),
        target=text_of(view, "target_name"),
        stacking=working and text_of(stack, "state") == "working",
        frames=whole_of(stack, "stacked_frame") or 0,
        goto_failed=text_of(section(view, "AutoGoto"), "state") in ("fail", "cancel"),
    )


async def read_place(scope: Operated) -> Place | None:
    """Where the telescope stands; None if it does not know. Not to be logged."""
    try:
        said = await scope.call("get_user_location")
    except CommandRefused:
        return None
    pair = dict(zip(("lon", "lat"), said, strict=False)) if isinstance(said, list) else said
    lon, lat = number_of(section(pair), "lon"), number_of(section(pair), "lat")
    if lon is None or lat is None or (lon, lat) == (0, 0):
        return None
    keep_place(lon, lat)
    return Place(lon, lat)


async def plan_goto(
    scope: Operated, target: SkyTarget, now: datetime, *, start: bool = True
) -> InstructionPlan:
    """The steps to a target from where the telescope is now; `start` False: only look there."""
    present, place = await read_present(scope), await read_place(scope)
    camera = await read_camera(scope)
    name = clean(target.name, 60)
    steps = [*(present.endings if present.stacking else ())]
    if present.arm == "closed":
        steps.append("open the arm")
    steps.append(f"slew to {name} at {target.j2000}, sent as {target.jnow}")
    steps.append("find out where it points, and centre")
    steps.append(_then(name, camera, start=start))
    steps.append(f"now: {_where(target, now, place)}")
    altitude = None if place is None else altitude_deg(target.jnow, now, place)
    warnings = [target.note] if target.note else []
    if altitude is not None and altitude < 0:
        warnings.append(f"{name} is {-altitude:.0f}° below the horizon now")
    elif altitude is not None and altitude < LOW_DEG:
        warnings.append(f"{name} is only {altitude:.0f}° above the horizon now")
    if present.arm == "moving":
        warnings.append("the mount is moving now")
    return InstructionPlan(tuple(steps), tuple(warnings), altitude)


def _then(name: str, camera: Camera, *, start: bool) -> str:
    """What follows once the target is centred."""
    if not start:
        return f"stay on {name} without stacking"
    if camera.stacks_after_goto is None:
        return f"it may begin to stack {name} ({camera}): it does not tell its setting"
    if camera.stacks_after_goto:
        return f"begin to stack {name}: {camera}"
    return f"stay on {name} without stacking, as the telescope is set"


def _where(target: SkyTarget, now: datetime, place: Place | None) -> str:
    """How high it is and until when, and how far the Moon is from it."""
    moon = "Moon not known" if target.moon_deg is None else f"Moon {target.moon_deg:.0f}° away"
    if place is None:
        return f"altitude not known (the telescope knows no place), {moon}"
    altitude, sets = altitude_deg(target.jnow, now, place), sets_at(target.jnow, now, place)
    until = f"up until {sets:%H:%M} UTC" if sets else "up for a day" if altitude > 0 else "never up"
    return f"{altitude:.0f}° high, {until}, {moon}"


async def plan(scope: Operated, ability: Ability) -> InstructionPlan:
    """The steps of an instruction other than a goto. Raises DeviceError."""
    if ability in _SETTINGS:
        return InstructionPlan((f"set the {ability}",))
    present = await read_present(scope)
    folding = ("fold the arm",) if present.arm != "closed" else ()
    warnings: tuple[str, ...] = ()
    steps: dict[Ability, tuple[str, ...]] = {
        Ability.UNPARK: ("open the arm",) if present.arm != "open" else (),
        Ability.PARK: (*present.endings, *folding),
        Ability.START: (f"stack {present.target or 'where it points'}",),
        Ability.STOP: present.endings,
        Ability.FOCUS: ("move the focus to find the sharpest stars",),
        Ability.RESTART: (*present.endings, "restart the telescope"),
        Ability.SHUT_DOWN: (*present.endings, *folding, "switch the telescope off"),
    }
    if ability in (Ability.START, Ability.FOCUS) and not present.working:
        warnings = ("it looks at nothing yet: go to a target first",)
    if ability is Ability.START and present.working and present.goto_failed:
        warnings = (f"it did not get to {present.target}, but would name the frames after it",)
    return InstructionPlan(steps[ability], warnings)
