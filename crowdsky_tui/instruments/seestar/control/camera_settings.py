"""Exposure, filter, gain and dew heater: set, then read back.

Source: docs/design/seestar-protocol.md 3.4, 3.5.
"""

import msgspec

from crowdsky_tui.base.errors import CommandRefused, OperationFailed, UsageError
from crowdsky_tui.instruments.interface import Done
from crowdsky_tui.instruments.seestar.connection.wire import Event
from crowdsky_tui.instruments.seestar.control.operations import (
    Operated,
    OperationContext,
    Seen,
    read_view,
    say,
)
from crowdsky_tui.instruments.seestar.control.state import number_of, section, whole_of

SET_LIMIT_S = 20.0
EXPOSURES_S = (10, 20, 30, 60)
EXPERT_EXPOSURES_S = (2, 5)
FILTERS = {"dark": 0, "IRCUT": 1, "LP": 2}
"""Wheel positions by name."""
GAIN_RANGE = (0, 400)
HEATER_DEFAULT = 90
UNKNOWN_TO_FIRMWARE = frozenset({103, 107, 109})


async def set_exposure(context: OperationContext, seconds: float) -> Done:
    """Exposure of the sub-frames to come. UsageError for what the telescope does not offer."""
    if seconds not in (*EXPOSURES_S, *EXPERT_EXPOSURES_S):
        offered = ", ".join(map(str, EXPOSURES_S))
        raise UsageError(
            f"{seconds:g} s is not an exposure of a Seestar", f"it offers {offered} s", "Choose one"
        )
    settings = section(await context.scope.call("get_setting"))
    if seconds in EXPERT_EXPOSURES_S and settings.get("expert_mode") is not True:
        raise UsageError(
            f"{seconds:g} s needs the telescope's expert mode",
            "it is off",
            "Switch it on in the Seestar app, or choose 10 s",
        )
    exposure_ms = round(seconds * 1000)
    whole = {**section(settings, "exp_ms"), "stack_l": exposure_ms}  # may be replaced as a whole
    operation = context.operation(f"setting the exposure of {context.scope.name}", SET_LIMIT_S)

    async def look() -> Seen:
        exposures = section(await context.scope.call("get_setting"), "exp_ms")
        told = number_of(exposures, "stack_l")
        return Seen(True if told == exposure_ms else None, f"the exposure is {_seconds(told)}")

    return await operation.run(
        lambda: say(context.scope, operation.doing, "set_setting", {"exp_ms": whole}), look, "set"
    )


def _seconds(told_ms: float | None) -> str:
    return "not known" if told_ms is None else f"{told_ms / 1000:g} s"


class Present(msgspec.Struct, frozen=True):
    """What the next sub-frames will be like; None for what the telescope does not tell.

    `exposure_s` in seconds, `gain` in the firmware's units. `stacks_after_goto`: whether stacking
    begins by itself when a target is centred.
    """

    exposure_s: float | None
    gain: int | None
    filter: str | None
    stacks_after_goto: bool | None

    def __str__(self) -> str:
        exposure = "exposure not known" if self.exposure_s is None else f"{self.exposure_s:g} s"
        gain = "gain not known" if self.gain is None else f"gain {self.gain}"
        return f"{exposure}, {self.filter or 'filter not known'}, {gain}"


async def read_present(scope: Operated) -> Present:
    """How the camera is set now. Raises DeviceError where the telescope cannot be asked."""
    settings = section(await scope.call("get_setting"))
    exposure = number_of(section(settings, "exp_ms"), "stack_l")
    stacks = settings.get("stack_after_goto")
    try:
        wheel = await read_filter(scope)
    except CommandRefused:
        wheel = None
    return Present(
        exposure_s=None if exposure is None else exposure / 1000,
        gain=await _read_gain(scope),
        filter=wheel,
        stacks_after_goto=stacks if isinstance(stacks, bool) else None,
    )


async def set_stacks_after_goto(scope: Operated, *, on: bool) -> None:
    """Say whether stacking shall begin by itself on a target. OperationFailed if it stays."""
    await scope.call("set_setting", {"stack_after_goto": on})
    if (await read_present(scope)).stacks_after_goto is not on:
        raise OperationFailed(
            f"{scope.name} goes on stacking by itself after a goto"
            if not on
            else f"{scope.name} no longer stacks by itself after a goto",
            "it did not take the setting",
            "Set it in the Seestar app",
        )


async def read_filter(scope: Operated) -> str | None:
    """The name of the filter in the beam; None if the telescope does not tell."""
    return _filter_at(await _wheel_position(scope))


def _filter_at(position: int | None) -> str | None:
    return next((name for name, number in FILTERS.items() if number == position), None)


async def set_filter(context: OperationContext, name: str) -> Done:
    """Turn the wheel to IRCUT, LP or dark, and keep IRCUT or LP as the filter to observe with."""
    wanted = next((known for known in FILTERS if known.casefold() == name.casefold()), None)
    if wanted is None:
        raise UsageError(
            f"there is no filter {name!r}", f"there are {', '.join(FILTERS)}", "Choose one"
        )
    scope = context.scope
    operation = context.operation(f"setting the filter of {scope.name}", SET_LIMIT_S)

    async def command() -> None:
        if wanted != "dark":
            try:
                await scope.call("set_setting", {"stack_lenhance": wanted == "LP"})
            except CommandRefused as error:
                if error.code not in UNKNOWN_TO_FIRMWARE:
                    raise
        if await _wheel_position(scope) != FILTERS[wanted]:
            await say(scope, operation.doing, "set_wheel_position", [FILTERS[wanted]])

    async def look() -> Seen:
        position = await _wheel_position(scope)
        return Seen(
            position == FILTERS[wanted] or None, f"the filter is {await read_filter(scope)}"
        )

    def hear(event: Event) -> None:
        if event.name == "WheelMove":
            operation.wake()

    context.progress(None, "turning the filter wheel")
    return await operation.run(command, look, "set", hear)


async def _wheel_position(scope: Operated) -> int | None:
    said = await scope.call("get_wheel_position")
    return whole_of(said if isinstance(said, dict) else {"position": said}, "position")


async def set_gain(context: OperationContext, gain: int) -> Done:
    """Sensor gain, in the firmware's own units."""
    settings = section(await context.scope.call("get_setting"))
    low, high = _gain_range(settings)
    if not low <= gain <= high:
        raise UsageError(f"a gain of {gain} is not possible", f"it goes from {low} to {high}", "")
    operation = context.operation(f"setting the gain of {context.scope.name}", SET_LIMIT_S)

    async def look() -> Seen:
        told = await _read_gain(context.scope)
        return Seen(told == gain or None, f"the gain is {'not known' if told is None else told}")

    return await operation.run(
        lambda: say(context.scope, operation.doing, "set_control_value", ["gain", gain]),
        look,
        "set",
    )


def _gain_range(settings: dict[str, object]) -> tuple[int, int]:
    pair = settings.get("isp_range_gain")
    if isinstance(pair, list) and len(pair) == 2 and all(isinstance(n, int) for n in pair):
        return pair[0], pair[1]
    return GAIN_RANGE


async def _read_gain(scope: Operated) -> int | None:
    """By the control value in either form of asking, else by the running view."""
    for params in ({"name": "gain"}, ["gain"]):
        try:
            said = await scope.call("get_control_value", params)
        except CommandRefused:
            continue
        fields = said if isinstance(said, dict) else {"value": said}
        told = whole_of(fields, "value" if "value" in fields else "gain")
        if told is not None:
            return told
    return whole_of(await read_view(scope), "gain")


async def read_heater(scope: Operated) -> int | None:
    """The dew heater's power in percent, 0 while it is off; None if the telescope does not tell."""
    heater = section(await scope.call("pi_output_get2"), "heater")
    if "state" not in heater:
        return None
    return whole_of(heater, "value") if heater["state"] else 0


async def set_heater(context: OperationContext, percent: int = HEATER_DEFAULT) -> Done:
    """The dew heater at `percent` of its power; 0 is off."""
    if not 0 <= percent <= 100:
        raise UsageError(f"a heater at {percent} % is not possible", "it goes from 0 to 100", "")
    operation = context.operation(f"switching the heater of {context.scope.name}", SET_LIMIT_S)
    order = {"heater": {"state": percent > 0, "value": percent or HEATER_DEFAULT}}

    async def look() -> Seen:
        heater = section(await context.scope.call("pi_output_get2"), "heater")
        is_on, power = bool(heater.get("state")), whole_of(heater, "value")
        proved = "state" in heater and is_on == (percent > 0)
        proved = proved and (not is_on or power in (None, percent))
        words = f"on, {percent if power is None else power} %" if is_on else "off"
        return Seen(proved or None, f"the heater is {words}")

    return await operation.run(
        lambda: say(context.scope, operation.doing, "pi_output_set2", order), look, "set"
    )
