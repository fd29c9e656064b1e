"""Exposure, filter, gain, heater, power, read-only: set over real sockets and read back."""

from pathlib import Path

import pytest
from control_kit import rig
from device_kit import joined, until
from seestar_kit import running

from crowdsky_tui.base.errors import NotProved, OperationFailed, ReadOnlyMode, UsageError
from crowdsky_tui.instruments.instructions import Ability
from crowdsky_tui.simulator.faults import Faults
from crowdsky_tui.simulator.seestar.profile import FIRMWARES


async def test_exposures_are_the_telescopes_own(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        settings = it.scope.state.settings
        done = await it.control.set_exposure(30)
        kept = dict(settings["exp_ms"])
        with pytest.raises(UsageError, match="10, 20, 30, 60 s"):
            await it.control.set_exposure(15)
        with pytest.raises(UsageError, match="expert mode"):
            await it.control.set_exposure(5)
        settings["expert_mode"] = True
        expert = await it.control.set_exposure(5)
    assert (done.state, done.text) == ("set", "the exposure is 30 s")
    assert kept == {"stack_l": 30000, "continuous": 500}
    assert expert.text == "the exposure is 5 s"


@pytest.mark.parametrize(("name", "position"), [("LP", 2), ("dark", 0), ("ircut", 1)])
async def test_the_wheel_proves_the_filter(tmp_path: Path, name: str, position: int) -> None:
    async with rig(tmp_path) as it:
        it.scope.session.wheel.position = (position + 1) % 3
        it.scope.state.settings["stack_lenhance"] = position == 1
        done = await it.control.set_filter(name)
        turned = it.scope.session.wheel.position
        kept = it.scope.state.settings["stack_lenhance"]
    assert (turned, kept) == (position, position == 2)
    assert done.text == f"the filter is {('dark', 'IRCUT', 'LP')[position]}"


async def test_a_wheel_that_does_not_turn_is_not_proved(tmp_path: Path) -> None:
    async with rig(tmp_path, faults=Faults(reads_back={"get_wheel_position": 1})) as it:
        with pytest.raises(NotProved, match="the filter is IRCUT"):
            await it.control.set_filter("LP")
        with pytest.raises(UsageError, match="dark, IRCUT, LP"):
            await it.control.set_filter("UHC")


async def test_a_filter_is_set_where_the_setting_is_refused(tmp_path: Path) -> None:
    async with rig(tmp_path, faults=Faults(refuse={"set_setting": (109, "unexpected")})) as it:
        done = await it.control.set_filter("LP")
    assert done.text == "the filter is LP"


async def test_gain_is_read_back_in_whatever_form(tmp_path: Path) -> None:
    faults = Faults()
    async with rig(tmp_path, faults=faults) as it:
        plain = await it.control.set_gain(100)
        faults.reads_back["get_control_value"] = {"name": "gain", "value": 120}
        as_object = await it.control.set_gain(120)
        del faults.reads_back["get_control_value"]
        faults.refuse["get_control_value"] = (103, "method not found")
        by_view = await it.control.set_gain(140)
        with pytest.raises(UsageError, match="0 to 400"):
            await it.control.set_gain(401)
        faults.reads_back["set_control_value"] = 0
        with pytest.raises(NotProved, match="the gain is 140"):
            await it.control.set_gain(80)
    texts = [done.text for done in (plain, as_object, by_view)]
    assert texts == ["the gain is 100", "the gain is 120", "the gain is 140"]


@pytest.mark.parametrize("firmware", ["7.75", "8.46"])
async def test_the_heater_is_switched_though_8_46_murmurs(tmp_path: Path, firmware: str) -> None:
    """Firmware 8.46 answers with an error text and code 0: that is success."""
    async with rig(tmp_path, firmware=firmware) as it:
        on = await it.control.set_heater(60)
        report = it.scope.session.heater.report()
        off = await it.control.set_heater(0)
        with pytest.raises(UsageError):
            await it.control.set_heater(101)
    assert (on.text, off.text) == ("the heater is on, 60 %", "the heater is off")
    assert report == {"heater": {"state": True, "value": 60}}


async def test_a_heater_that_stays_cold_is_not_proved(tmp_path: Path) -> None:
    cold = {"heater": {"state": False, "value": 0}}
    async with rig(tmp_path, faults=Faults(reads_back={"pi_output_get2": cold})) as it:
        with pytest.raises(NotProved, match="the heater is off"):
            await it.control.set_heater()


async def test_a_knob_that_is_refused_says_why(tmp_path: Path) -> None:
    faults = Faults(refuse={"pi_output_set2": (103, "method not found")})
    async with rig(tmp_path, faults=faults) as it:
        with pytest.raises(OperationFailed, match="its firmware does not know this") as old:
            await it.control.set_heater()
    assert old.value.code == 103


async def test_a_restart_is_proved_by_going_and_coming_back(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.ready_to_stack()
        await it.control.goto("M 81")
        await until(lambda: it.view.stacked > 0)
        done = await it.control.reboot(it.told)
        view = await it.service.call("get_view_state")
        telemetry = await it.control.telemetry()
    assert done.state == "restarted"
    assert done.seconds >= 40
    assert "waiting for it to come back" in it.told.lines
    assert it.states("SaveImage") == ["complete"], "the stack was saved before"
    assert view == {}
    assert telemetry.activity == "idle"


async def test_a_restart_that_does_not_happen_is_not_proved(tmp_path: Path) -> None:
    faults = Faults(reads_back={"pi_reboot": 0})
    async with rig(tmp_path, faults=faults, speed=2000.0, patience_s=0.2) as it:
        with pytest.raises(NotProved, match="still there"):
            await it.control.reboot()


async def test_switching_off_folds_the_arm_first(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.control.open_arm()
        plan = await it.control.plan(Ability.SHUT_DOWN)
        done = await it.control.shutdown()
        closed = it.scope.session.mount.closed
    assert plan.steps == ("fold the arm", "switch the telescope off")
    assert (done.state, closed) == ("off", True)


@pytest.mark.parametrize("firmware", FIRMWARES)
async def test_a_session_on_every_firmware(tmp_path: Path, firmware: str) -> None:
    async with rig(tmp_path, firmware=firmware) as it:
        it.ready_to_stack()
        control = it.control
        done = [
            await control.goto("M 81"),
            await control.stop_stacking(),
            await control.set_exposure(20),
            await control.set_filter("LP"),
            await control.set_gain(100),
            await control.set_heater(),
            await control.start_stacking(),
            await control.park(),
        ]
    states = [one.state for one in done]
    assert states == ["on target", "stopped", "set", "set", "set", "set", "stacking", "parked"]


@pytest.mark.parametrize("model", ["Seestar S30", "Seestar S30 Pro"])
async def test_a_session_on_the_other_models(tmp_path: Path, model: str) -> None:
    async with rig(tmp_path, model=model) as it:
        it.only_look_after_goto()
        there = await it.control.goto("M 81")
        focused = await it.control.autofocus()
    assert (there.state, focused.text) == ("on target", "focused at step 1264 (was 1253)")


async def test_a_read_only_run_changes_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path, read_only=True) as it:
        control = it.control
        changes = (
            control.open_arm,
            control.park,
            lambda: control.goto("M 81"),
            control.start_stacking,
            control.stop_stacking,
            control.stop,
            control.autofocus,
            lambda: control.set_exposure(10),
            lambda: control.set_filter("LP"),
            lambda: control.set_gain(80),
            lambda: control.set_heater(),
            control.reboot,
            control.shutdown,
        )
        before = len(it.scope.requests)
        for change in changes:
            with pytest.raises(ReadOnlyMode, match="read-only"):
                await change()
        asked = set(it.scope.requests[before:])
        telemetry = await control.telemetry()
        plan = await control.plan_goto("M 81")
    assert asked <= {"test_connection"}
    assert telemetry.arm == "closed"
    assert plan.steps


async def test_a_read_only_service_sends_no_command_that_changes_something(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as scope, joined(scope, read_only=True) as service:
        state = await service.call("get_view_state")
        for method in ("scope_park", "start_batch_stack", "set_setting", "delete_image"):
            with pytest.raises(ReadOnlyMode):
                await service.call(method)
    assert state
    assert not {"scope_park", "start_batch_stack", "set_setting"} & set(scope.requests)


async def test_telemetry_tells_how_it_is_and_nothing_private(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.ready_to_stack()
        await it.control.goto("M 81")
        await until(lambda: it.view.stacked >= 1)
        read = await it.control.telemetry()
    assert (read.battery_percent, read.charging, read.firmware) == (83, False, "7.75")
    assert (read.focus_step, read.wifi_dbm, read.arm) == (1580, -57, "open")
    assert (read.free_mb, read.target, read.dropped) == (36549, "M 81", 0)
    assert read.stacked is not None and read.stacked >= 1
    assert "not-a-password" not in repr(read) and "demo" not in repr(read)
