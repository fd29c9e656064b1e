"""What proves that a telescope's settings are as they were asked for, and that it is off."""

from typing import Any

import pytest
from telling_scope import HandClock, TellingScope, Turns, heard

from crowdsky_tui.base.errors import (
    CommandRefused,
    NotProved,
    OperationFailed,
    OperationTimeout,
    ScopeTimeout,
    ScopeUnreachable,
    UsageError,
)
from crowdsky_tui.instruments.seestar.control import camera_settings, power
from crowdsky_tui.instruments.seestar.control.camera_settings import Present, read_present
from crowdsky_tui.instruments.seestar.control.operations import OperationContext
from crowdsky_tui.store.store import ScopeState

REFUSED = CommandRefused("no", code=207)
UNKNOWN = CommandRefused("no", code=103)


def context(scope: TellingScope, patience_s: float = 30.0) -> OperationContext:
    return OperationContext(scope, lambda _part, _text: None, patience_s)


def sent(scope: TellingScope, method: str) -> list[Any]:
    return [params for said, params in scope.said if said == method]


def exposures(*stack_ms: Any, **more: Any) -> TellingScope:
    told = ({"exp_ms": {"stack_l": each, "continuous": 500}} | more for each in stack_ms)
    return TellingScope({"get_setting": Turns(*told)})


# exposure, filter, gain, heater


@pytest.mark.parametrize("seconds", [10, 20, 30, 60])
async def test_an_exposure_is_set_with_all_that_stands_beside_it_and_read_back(
    seconds: int,
) -> None:
    scope = exposures(5000, 5000, seconds * 1000)
    done = await camera_settings.set_exposure(context(scope), seconds)
    assert (done.state, done.text) == ("set", f"the exposure is {seconds} s")
    whole = {"stack_l": seconds * 1000, "continuous": 500}
    assert sent(scope, "set_setting") == [{"exp_ms": whole}]


@pytest.mark.parametrize("seconds", [0, 1, 3, 15, 61])
async def test_an_exposure_that_the_telescope_does_not_offer_is_never_sent(seconds: int) -> None:
    scope = exposures(10_000, expert_mode=True)
    with pytest.raises(UsageError, match="not an exposure"):
        await camera_settings.set_exposure(context(scope), seconds)
    assert scope.said == []


@pytest.mark.parametrize("seconds", [2, 5])
async def test_the_shortest_exposures_need_the_expert_mode(seconds: int) -> None:
    for mode in ({}, {"expert_mode": False}, {"expert_mode": 1}):
        scope = exposures(10_000, **mode)
        with pytest.raises(UsageError, match="expert mode"):
            await camera_settings.set_exposure(context(scope), seconds)
        assert sent(scope, "set_setting") == []
    scope = exposures(seconds * 1000, expert_mode=True)
    assert await camera_settings.set_exposure(context(scope), seconds)


async def test_an_exposure_that_is_not_read_back_is_not_proved() -> None:
    for told, why in ((20_000, "the exposure is 20 s"), (None, "the exposure is not known")):
        with pytest.raises(NotProved) as raised:
            await camera_settings.set_exposure(context(exposures(told)), 10)
        assert raised.value.why == why


def wheel(*positions: Any, **more: Any) -> TellingScope:
    return TellingScope({"get_wheel_position": Turns(*positions)} | more)


@pytest.mark.parametrize(
    ("name", "position", "lp"), [("lp", 2, True), ("IRCUT", 1, False), ("dark", 0, None)]
)
async def test_the_wheel_is_turned_and_the_filter_to_observe_with_is_kept(
    name: str, position: int, lp: bool | None
) -> None:
    scope = wheel(7, 7, position)
    done = await camera_settings.set_filter(context(scope), name)
    assert done.text == f"the filter is {name.upper() if name != 'dark' else name}"
    assert sent(scope, "set_wheel_position") == [[position]]
    assert sent(scope, "set_setting") == ([] if lp is None else [{"stack_lenhance": lp}])


async def test_a_wheel_that_stands_there_already_is_not_turned() -> None:
    scope = wheel({"position": 2})
    assert await camera_settings.set_filter(context(scope), "LP")
    assert sent(scope, "set_wheel_position") == []


async def test_the_wheels_move_is_looked_at_at_once() -> None:
    scope = wheel(1, 1, 2)
    scope.clock = HandClock(real_s=1000.0)  # else it would look in half an hour
    done = await heard(scope, camera_settings.set_filter(context(scope), "LP"), ("WheelMove", {}))
    assert done.text == "the filter is LP"


async def test_only_a_firmware_without_the_setting_turns_the_wheel_alone() -> None:
    for code in (103, 107, 109):
        scope = wheel(1, 2, set_setting=CommandRefused("no", code=code))
        assert await camera_settings.set_filter(context(scope), "LP")
    with pytest.raises(CommandRefused):
        await camera_settings.set_filter(context(wheel(1, set_setting=REFUSED)), "LP")
    with pytest.raises(UsageError, match="no filter"):
        await camera_settings.set_filter(context(wheel(1)), "Ha")
    with pytest.raises(NotProved):
        await camera_settings.set_filter(context(wheel(1)), "LP")


@pytest.mark.parametrize(
    ("told", "low", "high"),
    [
        (None, 0, 400),
        ([80, 300], 80, 300),
        ([80], 0, 400),
        (["a", "b"], 0, 400),
        ([80, "b"], 0, 400),
    ],
)
async def test_a_gain_is_within_the_telescopes_own_range(told: Any, low: int, high: int) -> None:
    for gain, fits in ((low, True), (high, True), (low - 1, False), (high + 1, False)):
        scope = TellingScope(
            {"get_setting": {"isp_range_gain": told}, "get_control_value": {"value": gain}}
        )
        if fits:
            done = await camera_settings.set_gain(context(scope), gain)
            assert done.text == f"the gain is {gain}"
            assert sent(scope, "set_control_value") == [["gain", gain]]
            continue
        with pytest.raises(UsageError, match="is not possible"):
            await camera_settings.set_gain(context(scope), gain)
        assert sent(scope, "set_control_value") == []


async def test_a_gain_is_read_in_either_form_else_from_the_view() -> None:
    def by_form(params: Any) -> Any:
        return 90 if params == ["gain"] else REFUSED

    running = {"get_view_state": {"View": {"gain": 70}}}
    for answer, gain in ((by_form, 90), ({"gain": 80}, 80), (REFUSED, 70), ({}, 70)):
        scope = TellingScope({"get_control_value": answer} | running)
        assert (await read_present(scope)).gain == gain
    with pytest.raises(NotProved) as raised:
        await camera_settings.set_gain(context(TellingScope()), 80)
    assert raised.value.why == "the gain is not known"


def heater(*told: Any) -> TellingScope:
    return TellingScope({"pi_output_get2": Turns(*({"heater": each} for each in told))})


@pytest.mark.parametrize(
    ("percent", "told", "words"),
    [
        (50, {"state": True, "value": 50}, "on, 50 %"), (50, {"state": True}, "on, 50 %"),
        (0, {"state": False, "value": 90}, "off"), (100, {"state": 1, "value": 100}, "on, 100 %"),
        (50, {"state": True, "value": 60}, ""), (50, {"state": False}, ""), (50, {}, ""),
        (1, {"state": True, "value": 1}, "on, 1 %"), (0, {"state": True, "value": 50}, ""),
        (0, {}, ""),
    ],
)  # fmt: skip
async def test_the_heater_is_as_it_says_itself(percent: int, told: Any, words: str) -> None:
    scope = heater(told)
    if words:
        done = await camera_settings.set_heater(context(scope), percent)
        assert done.text == f"the heater is {words}"
    else:
        with pytest.raises(NotProved):
            await camera_settings.set_heater(context(scope), percent)
    order = {"state": percent > 0, "value": percent or 90}
    assert sent(scope, "pi_output_set2") == [{"heater": order}]


@pytest.mark.parametrize("percent", [-1, 101])
async def test_a_power_beyond_the_heaters_is_never_sent(percent: int) -> None:
    scope = heater({})
    with pytest.raises(UsageError, match="from 0 to 100"):
        await camera_settings.set_heater(context(scope), percent)
    assert scope.said == []


async def test_a_heater_that_is_off_has_no_power_and_one_that_is_silent_is_not_known() -> None:
    for told, power_told in (
        ({"state": True, "value": 60}, 60), ({"state": False, "value": 60}, 0),
        ({"value": 60}, None),
    ):  # fmt: skip
        assert await camera_settings.read_heater(heater(told)) == power_told


async def test_what_a_telescope_does_not_tell_of_its_camera_is_not_known() -> None:
    whole = {
        "get_setting": {"exp_ms": {"stack_l": 20_000}, "stack_after_goto": False},
        "get_wheel_position": 1, "get_control_value": {"value": 80},
    }  # fmt: skip
    assert await read_present(TellingScope(whole)) == Present(20.0, 80, "IRCUT", False)
    odd = {"get_setting": {"stack_after_goto": 1}, "get_wheel_position": REFUSED}
    nothing = await read_present(TellingScope(odd))
    assert nothing == Present(None, None, None, None)
    assert str(nothing) == "exposure not known, filter not known, gain not known"
    assert str(Present(20.0, 80, "LP", True)) == "20 s, LP, gain 80"


@pytest.mark.parametrize("on", [True, False])
async def test_a_goto_stacks_by_itself_only_as_far_as_the_telescope_took_it(on: bool) -> None:
    scope = TellingScope({"get_setting": {"stack_after_goto": on}})
    await camera_settings.set_stacks_after_goto(scope, on=on)
    assert sent(scope, "set_setting") == [{"stack_after_goto": on}]
    for told in (not on, None):
        scope = TellingScope({"get_setting": {"stack_after_goto": told}})
        words = "no longer stacks" if on else "goes on stacking"
        with pytest.raises(OperationFailed, match=words):
            await camera_settings.set_stacks_after_goto(scope, on=on)


# off and on


class Switched(HandClock):
    """At each look the telescope is as the next of `states`; the last stays."""

    def __init__(self, *states: ScopeState) -> None:
        super().__init__()
        self.states = list(states)
        self.scope: TellingScope | None = None

    async def sleep(self, seconds: float) -> None:
        if self.scope is not None and self.states:
            self.scope.state = self.states.pop(0)


def switching(*states: ScopeState, **answers: Any) -> TellingScope:
    clock = Switched(*states)
    scope = TellingScope(answers, clock)
    clock.scope = scope
    return scope


READY, GONE = ScopeState.READY, ScopeState.OFF


@pytest.mark.parametrize("lost", [None, ScopeTimeout("no"), ScopeUnreachable("no")])
async def test_a_restart_is_proved_by_going_and_coming_back(lost: Exception | None) -> None:
    scope = switching(READY, ScopeState.CONNECTING, GONE, READY, pi_reboot=lost)
    assert (await power.reboot(context(scope))).state == "restarted"


async def test_what_does_not_go_is_never_called_restarted_or_off() -> None:
    for work in (power.reboot, power.shut_down):
        with pytest.raises(NotProved) as raised:
            await work(context(switching(), patience_s=0.0))
        assert raised.value.why == "it is still there"


async def test_what_does_not_come_back_is_never_called_restarted() -> None:
    scope = switching()
    scope.state = GONE
    with pytest.raises(OperationTimeout, match="restarting garden took too long"):
        await power.reboot(context(scope, patience_s=0.0))


async def test_what_is_switched_off_stays_off_for_a_while() -> None:
    scope = switching()
    scope.state = GONE
    assert (await power.shut_down(context(scope))).state == "off"
    with pytest.raises(NotProved) as raised:
        await power.shut_down(context(switching(GONE, READY)))
    assert raised.value.why == "it answers again"


async def test_a_refusal_to_go_says_what_was_wanted() -> None:
    with pytest.raises(OperationFailed, match="switching garden off failed"):
        await power.shut_down(context(switching(pi_shutdown=UNKNOWN)))
