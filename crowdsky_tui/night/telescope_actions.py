"""Everything that can be told to a telescope by hand: one table for the verb `scope` and the app.

Light: the command line builds its parser from it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Ends, Instruction
from crowdsky_tui.sky.coordinates import SkyTarget

NO_START = "--no-start"
"""After the target of `goto`: only look there, begin no stacking."""
RESUME = "resume"
"""The text of `start` that goes on with the last stack."""


class TargetFinder(Protocol):
    """Whoever knows the sky (`Science` is one); UsageError for what it does not know."""

    async def find_target(self, typed: str, when: datetime) -> SkyTarget:
        """The position of what was typed: a name, or coordinates; at `when` for a planet."""


class SessionAction(msgspec.Struct, frozen=True):
    """One thing that can be told to a telescope.

    `instruction` makes it from what was typed and raises UsageError where that makes no sense; None
    for those that go to a target, which is looked up. `typed` says what to type, `choices` are the
    only texts there are. `ask`: it moves the mount or ends the night, so the user is asked first,
    with `yes` as the answer. `planned`: what it would do depends on what the telescope does now.
    """

    title: str
    help: str
    instruction: Callable[[str], Instruction] | None
    yes: str = "set it"
    typed: str = ""
    choices: tuple[str, ...] = ()
    ask: bool = False
    planned: bool = False


async def instruction_of(
    action: str, text: str, finder: TargetFinder, now: datetime
) -> Instruction:
    """The instruction of `action` with what was typed for it. Raises UsageError."""
    known = ACTIONS.get(action)
    if known is None:
        raise UsageError(f"a scope cannot {clean(action, 40)}", clean(text, 40))
    if known.instruction is not None:
        return known.instruction(text)
    target, start = target_of(text)
    return told.Goto(await finder.find_target(target, now), start and action == "goto")


def _number(text: str, what: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise UsageError(f"{clean(text, 40)!r} is not {what}", "", "Type a whole number") from error


def _heater(text: str) -> Instruction:
    """`on`, `off`, or `on 40` for a part of its power, in percent."""
    switch, _, percent = text.partition(" ")
    if switch not in ("on", "off"):
        raise UsageError(f"{clean(text, 40)!r} is not on or off", "", "Type on or off")
    if switch == "off":
        return told.SetHeater(0)
    return told.SetHeater(_number(percent, "a percentage") if percent else None)


def target_of(text: str) -> tuple[str, bool]:
    """What was typed for `goto`: the target, and whether stacking may begin there."""
    target = text.removesuffix(NO_START)
    return target.strip(), target == text


ACTIONS: dict[str, SessionAction] = {
    "goto": SessionAction(
        "go to, stack", "slew and centre; begins stacking where so set",
        None, "go",
        typed="Target: M 81, NGC 7000, T CrB, or J2000 09 55 33 +69 03 55", ask=True, planned=True,
    ),
    "look": SessionAction(
        "go to, look", "slew and centre, begin no stacking",
        None, "go",
        typed="Target: M 81, NGC 7000, T CrB, or J2000 09 55 33 +69 03 55", ask=True, planned=True,
    ),
    "start": SessionAction(
        "start", "stack what it looks at",
        lambda text: told.Start(resume=text == RESUME), "start",
        planned=True,
    ),
    "stop": SessionAction(
        "stop", "end and save the stack, or whatever it does",
        lambda _: told.Stop(Ends.NEXT), "stop it", ask=True, planned=True,
    ),
    "open": SessionAction(
        "open the arm", "so that it can look", lambda _: told.Unpark(), "open it",
        ask=True, planned=True,
    ),
    "autofocus": SessionAction(
        "autofocus", "find the sharpest stars", lambda _: told.Focus(), "focus",
        planned=True,
    ),
    "exposure": SessionAction(
        "exposure", "of each sub-frame",
        lambda text: told.SetExposure(_number(text, "an exposure in s")),
        typed="Seconds: 10, 20, 30 or 60",
    ),
    "filter": SessionAction(
        "filter", "turn the filter wheel", lambda text: told.SetFilter(text),
        typed="Filter: IRCUT, LP or dark",
    ),
    "gain": SessionAction(
        "gain", "of the camera",
        lambda text: told.SetGain(_number(text, "a gain")),
        typed="Gain, a whole number",
    ),
    "heater": SessionAction(
        "heater", "against dew", _heater, "switch it", choices=("on", "off")
    ),
    "park": SessionAction(
        "park", "stop, save and fold the arm", lambda _: told.Park(), "park it",
        ask=True, planned=True,
    ),
    "reboot": SessionAction(
        "restart", "stop, save and restart it", lambda _: told.Restart(), "restart it",
        ask=True, planned=True,
    ),
    "shutdown": SessionAction(
        "shut down", "stop, save, fold the arm, switch it off",
        lambda _: told.ShutDown(), "shut it down", ask=True, planned=True,
    ),
}  # fmt: skip
