"""The methods of a night's session: mount, view, stack, filter, focus, heater, power.

Source: docs/design/seestar-protocol.md 3.
"""

from __future__ import annotations

from typing import Any

from crowdsky_tui.simulator.seestar.methods import OK, method
from crowdsky_tui.simulator.seestar.parts import FILTER_NAMES
from crowdsky_tui.simulator.seestar.scope import Client, Scope
from crowdsky_tui.simulator.seestar.wire import BAD_VALUE, EXPECTED_OBJECT, METHOD_NOT_FOUND, Fault
from crowdsky_tui.sky.coordinates import PositionJNow

MURMURS_FROM = 2846
"""This firmware answers the heater's command with an error text and the code 0."""
RA_DEC_FROM = 2670


def _fields(params: Any) -> dict[str, Any]:
    return params if isinstance(params, dict) else {}


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Fault(BAD_VALUE)
    return int(value)


@method("scope_move_to_horizon")
def _open(scope: Scope, client: Client, params: Any) -> int:
    scope.session.mount.open()
    return OK


@method("scope_park")
async def _park(scope: Scope, client: Client, params: Any) -> int:
    equ_mode = _fields(params).get("equ_mode")
    await scope.session.park(equ_mode=equ_mode if isinstance(equ_mode, bool) else None)
    return OK


@method("scope_goto")
def _goto(scope: Scope, client: Client, params: Any) -> int:
    try:
        ra, dec = params[:2]
        goal = PositionJNow(float(ra), float(dec))
    except (TypeError, ValueError) as error:
        raise Fault(BAD_VALUE) from error
    scope.session.mount.goto(goal)
    return OK


@method("scope_move")
async def _halt(scope: Scope, client: Client, params: Any) -> int:
    await scope.session.mount.halt()
    return OK


@method("scope_get_equ_coord")
def _equ_coord(scope: Scope, client: Client, params: Any) -> dict[str, float]:
    ra, dec = scope.session.mount.read_out()
    return {"ra": ra, "dec": dec}


@method("scope_get_ra_dec")
def _ra_dec(scope: Scope, client: Client, params: Any) -> list[float]:
    if scope.profile.firmware_int < RA_DEC_FROM:
        raise Fault(METHOD_NOT_FOUND)
    return [*scope.session.mount.read_out(), 0.0]


@method("scope_get_horiz_coord")
def _horiz_coord(scope: Scope, client: Client, params: Any) -> list[float]:
    mount = scope.session.mount
    return [round(mount.altitude_deg(mount.position), 4), 180.0]


@method("scope_get_track_state")
def _track_state(scope: Scope, client: Client, params: Any) -> bool:
    return bool(scope.session.mount.report()["tracking"])


@method("iscope_start_view")
async def _start_view(scope: Scope, client: Client, params: Any) -> int:
    if params is not None and not isinstance(params, dict):
        raise Fault(EXPECTED_OBJECT)
    await scope.session.observer.start_view(_fields(params), client)
    return OK


@method("iscope_start_stack")
async def _start_stack(scope: Scope, client: Client, params: Any) -> int:
    restart = _fields(params).get("restart", True) is not False
    await scope.session.observer.start_stack(restart=restart, client=client)
    return OK


@method("iscope_stop_view")
async def _stop_view(scope: Scope, client: Client, params: Any) -> int:
    stage = _fields(params).get("stage")
    await scope.session.observer.stop_view(stage if isinstance(stage, str) else None)
    return OK


@method("start_auto_focuse")
async def _start_focus(scope: Scope, client: Client, params: Any) -> int:
    if scope.session.plan.working:  # focusing by hand aborts it
        await scope.session.plan.stop()
    await scope.session.observer.start_auto_focus(client)
    return OK


@method("stop_auto_focuse")
async def _stop_focus(scope: Scope, client: Client, params: Any) -> int:
    await scope.session.observer.stop_view("AutoFocus")
    return OK


@method("get_focuser_position")
def _focus(scope: Scope, client: Client, params: Any) -> Any:
    step = scope.session.focuser.step
    return {"step": step} if _fields(params).get("ret_obj") else step


@method("move_focuser")
async def _move_focus(scope: Scope, client: Client, params: Any) -> Any:
    fields = _fields(params)
    await scope.session.focuser.move(_number(fields.get("step")), [])
    return {"step": scope.session.focuser.step} if fields.get("ret_step") else OK


@method("get_wheel_position")
def _wheel_position(scope: Scope, client: Client, params: Any) -> int:
    answer: int = scope.session.wheel.position
    return answer


@method("set_wheel_position")
def _set_wheel(scope: Scope, client: Client, params: Any) -> int:
    first = params[0] if isinstance(params, list) and params else params
    scope.session.wheel.turn_soon(_number(first))
    return OK


@method("get_wheel_setting")
def _wheel_setting(scope: Scope, client: Client, params: Any) -> dict[str, Any]:
    return {"names": list(FILTER_NAMES), "exp_sec": [2, 2, 2]}


@method("get_wheel_state")
def _wheel_state(scope: Scope, client: Client, params: Any) -> dict[str, Any]:
    state = "moving" if scope.session.wheel.turning else "idle"
    return {"id": 0, "state": state, "unidirection": False}


@method("set_control_value")
def _set_control(scope: Scope, client: Client, params: Any) -> int:
    if not isinstance(params, list) or len(params) != 2 or params[0] != "gain":
        raise Fault(BAD_VALUE)
    gain = _number(params[1])
    low, high = scope.state.settings["isp_range_gain"]
    if not low <= gain <= high:
        raise Fault(BAD_VALUE)
    scope.view.gain = gain
    return OK


@method("get_control_value")
def _get_control(scope: Scope, client: Client, params: Any) -> Any:
    first = params[0] if isinstance(params, list) and params else _fields(params).get("name")
    if first != "gain":
        raise Fault(BAD_VALUE)
    return scope.view.gain


@method("pi_output_set2")
def _set_output(scope: Scope, client: Client, params: Any) -> int:
    heater = _fields(params).get("heater")
    if not isinstance(heater, dict):
        raise Fault(EXPECTED_OBJECT)
    scope.session.heater.set(heater)
    if scope.profile.firmware_int >= MURMURS_FROM:
        raise Fault(0, Fault(EXPECTED_OBJECT).text)
    return OK


@method("pi_output_get2")
def _get_output(scope: Scope, client: Client, params: Any) -> dict[str, Any]:
    answer: dict[str, Any] = scope.session.heater.report()
    return answer


@method("start_solve")
async def _start_solve(scope: Scope, client: Client, params: Any) -> int:
    await scope.session.solver.start()
    return OK


@method("stop_solve")
async def _stop_solve(scope: Scope, client: Client, params: Any) -> int:
    await scope.session.solver.stop()
    return OK


@method("get_solve_result")
@method("get_last_solve_result")
def _solve_result(scope: Scope, client: Client, params: Any) -> dict[str, Any]:
    answer: dict[str, Any] = scope.session.solver.result()
    return answer


@method("pi_station_state")
def _station(scope: Scope, client: Client, params: Any) -> Any:
    return scope.state.sections(scope.host, observing=scope.view.working)["station"]


@method("pi_reboot")
def _reboot(scope: Scope, client: Client, params: Any) -> int:
    scope.session.power_off(boot_again=True)
    return OK


@method("pi_shutdown")
def _shutdown(scope: Scope, client: Client, params: Any) -> int:
    scope.session.power_off(boot_again=False)
    return OK
