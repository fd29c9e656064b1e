"""Everything that can be told to a telescope by hand: one table for the verb `scope` and the app.

Light: the command line builds its parser from it.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean

if TYPE_CHECKING:
    from crowdsky_tui.instruments.seestar.control.control import Done, Progress, ScopeControl

    Command = Callable[[Progress], Awaitable[Done]]

NO_START = "--no-start"
"""After the target of `goto`: only look there, begin no stacking."""
RESUME = "resume"
"""The text of `start` that goes on with the last stack."""


class SessionAction(msgspec.Struct, frozen=True):
    """One thing that can be told to a telescope.

    `command` makes it from what was typed and raises UsageError where that makes no sense; `typed`
    says what to type, `choices` are the only texts there are. `ask`: it moves the mount or ends the
    night, so the user is asked first, with `yes` as the answer. `planned`: `ScopeControl.plan`
    knows what it would do.
    """

    title: str
    help: str
    command: "Callable[[ScopeControl, str], Command]"
    yes: str = "set it"
    typed: str = ""
    choices: tuple[str, ...] = ()
    ask: bool = False
    planned: bool = False


def command_of(control: "ScopeControl", action: str, text: str) -> "Command":
    """What does `action` with what was typed for it. Raises UsageError."""
    if action not in ACTIONS:
        raise UsageError(f"a scope cannot {clean(action, 40)}", clean(text, 40))
    return ACTIONS[action].command(control, text)


def _number(text: str, what: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise UsageError(f"{clean(text, 40)!r} is not {what}", "", "Type a whole number") from error


def _heater(control: "ScopeControl", text: str) -> "Command":
    """`on`, `off`, or `on 40` for a part of its power, in percent."""
    switch, _, percent = text.partition(" ")
    if switch not in ("on", "off"):
        raise UsageError(f"{clean(text, 40)!r} is not on or off", "", "Type on or off")
    if not percent:
        return lambda told: control.set_heater(switch == "on", on_progress=told)
    value = _number(percent, "a percentage")
    return partial(control.set_heater, switch == "on", value)


async def _stop(control: "ScopeControl", told: "Progress") -> "Done":
    """A running stack ends and the scope stays on its target; anything else ends altogether."""
    if control.busy_with:
        return await control.stop(told)
    stopped = await control.stop_stacking(told)
    return stopped if stopped.seconds else await control.stop(told)


def target_of(text: str) -> tuple[str, bool]:
    """What was typed for `goto`: the target, and whether stacking may begin there."""
    target = text.removesuffix(NO_START)
    return target.strip(), target == text


def _goto(control: "ScopeControl", text: str) -> "Command":
    target, start = target_of(text)
    return partial(control.goto, target, start=start)


ACTIONS: dict[str, SessionAction] = {
    "goto": SessionAction(
        "go to, stack", "slew and centre; stacking begins by itself, where so set",
        _goto, "go",
        typed="Target: M 81, NGC 7000, T CrB, or J2000 09 55 33 +69 03 55", ask=True, planned=True,
    ),
    "look": SessionAction(
        "go to, look", "slew and centre, begin no stacking",
        lambda control, text: partial(control.goto, target_of(text)[0], start=False), "go",
        typed="Target: M 81, NGC 7000, T CrB, or J2000 09 55 33 +69 03 55", ask=True, planned=True,
    ),
    "start": SessionAction(
        "start", "stack what it looks at",
        lambda control, text: partial(control.start_stacking, text != RESUME), "start",
        planned=True,
    ),
    "stop": SessionAction(
        "stop", "end and save the stack, or whatever it does",
        lambda control, _: partial(_stop, control), "stop it", ask=True, planned=True,
    ),
    "open": SessionAction(
        "open the arm", "so that it can look", lambda control, _: control.open_arm, "open it",
        ask=True, planned=True,
    ),
    "autofocus": SessionAction(
        "autofocus", "find the sharpest stars", lambda control, _: control.autofocus, "focus",
        planned=True,
    ),
    "exposure": SessionAction(
        "exposure", "of each sub-frame",
        lambda control, text: partial(control.set_exposure, _number(text, "an exposure in s")),
        typed="Seconds: 10, 20, 30 or 60",
    ),
    "filter": SessionAction(
        "filter", "turn the filter wheel", lambda control, text: partial(control.set_filter, text),
        typed="Filter: IRCUT, LP or dark",
    ),
    "gain": SessionAction(
        "gain", "of the camera",
        lambda control, text: partial(control.set_gain, _number(text, "a gain")),
        typed="Gain, a whole number",
    ),
    "heater": SessionAction(
        "heater", "against dew", _heater, "switch it", choices=("on", "off")
    ),
    "park": SessionAction(
        "park", "stop, save and fold the arm", lambda control, _: control.park, "park it",
        ask=True, planned=True,
    ),
    "reboot": SessionAction(
        "restart", "stop, save and restart it", lambda control, _: control.reboot, "restart it",
        ask=True, planned=True,
    ),
    "shutdown": SessionAction(
        "shut down", "stop, save, fold the arm, switch it off",
        lambda control, _: control.shutdown, "shut it down", ask=True, planned=True,
    ),
}  # fmt: skip
