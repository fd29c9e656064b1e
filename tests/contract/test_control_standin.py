"""The stand-in's session against what is known: order and layers of events, codes, quirks."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from seestar_kit import MORNING, RawClient, client_of, running

from crowdsky_tui.simulator.faults import Faults
from crowdsky_tui.simulator.live import LiveSession
from crowdsky_tui.simulator.script import Session
from crowdsky_tui.simulator.scripted_night import Camera

M_81 = {"mode": "star", "target_ra_dec": [9.961195, 68.940273], "target_name": "M 81"}


async def heard_until(client: RawClient, name: str, **wanted: Any) -> list[dict[str, Any]]:
    """All messages up to the event of this name that has these fields."""
    messages = [*client.events]
    client.events.clear()
    for _ in range(2000):
        message = await client.line()
        messages.append(message)
        if message.get("Event") == name and all(
            message.get(key) == value for key, value in wanted.items()
        ):
            return messages
    raise AssertionError(f"no {name} {wanted}")


def is_outer(event: dict[str, Any]) -> bool:
    return "lapse_ms" in event and "page" not in event


async def test_a_goto_tells_both_layers_in_order(tmp_path: Path) -> None:
    async with running(tmp_path, speed=60.0) as scope, client_of(scope) as client:
        scope.session.mount.closed = False
        scope.state.settings["stack_after_goto"] = False
        await client.result("iscope_start_view", M_81)
        heard = await heard_until(client, "ContinuousExposure", state="working")
        where = await client.result("scope_get_equ_coord")
    outer = [event for event in heard if is_outer(event)]
    goto = [event["state"] for event in outer if event["Event"] == "AutoGoto"]
    inner = [
        event["state"]
        for event in heard
        if event.get("Event") == "AutoGoto" and event.get("page") == "preview"
    ]
    assert goto == ["working", "working", "complete"]
    assert inner == ["start", "working", "complete"]
    order = [event["Event"] for event in outer if event["Event"] in ("Exposure", "PlateSolve")]
    assert order == ["Exposure", "Exposure", "PlateSolve", "PlateSolve"]
    slewing = [event for event in heard if "dist_deg" in event]
    assert slewing[0]["route"] == ["View", "AutoGoto"]
    assert slewing[-1]["dist_deg"] == 0.0
    tracking = [event["state"] for event in heard if event.get("Event") == "ScopeTrack"]
    assert tracking == ["off", "on"]
    assert where["ra"] == pytest.approx(9.961195, abs=5e-4)
    seconds = where["ra"] * 3600
    assert abs(seconds - round(seconds)) < 0.002, "read-outs are whole seconds"


async def test_stacking_begins_by_itself_after_a_goto(tmp_path: Path) -> None:
    async with running(tmp_path, speed=300.0) as scope, client_of(scope) as client:
        scope.session.mount.closed = False
        scope.session.observer.initialised = True
        await client.result("iscope_start_view", M_81)
        heard = await heard_until(client, "Stack", state="frame_complete")
        again = await client.call("iscope_start_stack", {"restart": True})
        view = (await client.result("get_view_state"))["View"]
    assert again["code"] == 259
    assert (view["stage"], view["Stack"]["state"]) == ("Stack", "working")
    first = next(e for e in heard if e.get("Event") == "Stack" and is_outer(e))
    assert (first["frame_errcode"], first["stacked_frame"]) == (-1, 0)


async def test_the_first_stack_runs_darks_and_focus_inside_initialise(tmp_path: Path) -> None:
    async with running(tmp_path, speed=300.0) as scope, client_of(scope) as client:
        await client.result("iscope_start_view", {"mode": "star"})
        await client.result("iscope_start_stack", {"restart": True})
        heard = await heard_until(client, "Stack", state="working")
    names = [event["Event"] for event in heard if is_outer(event) and "route" in event]
    assert names.index("Initialise") < names.index("DarkLibrary") < names.index("AutoFocus")
    percents = [event["percent"] for event in heard if event.get("Event") == "DarkLibrary"]
    assert percents == sorted(percents)
    assert percents[-1] == 100.0
    wheel = [e["position"] for e in heard if e.get("Event") == "WheelMove" and "position" in e]
    assert wheel == [0, 1]
    done = next(e for e in heard if e.get("Event") == "Initialise" and e.get("state") == "complete")
    assert done["lapse_ms"] >= 80_000


async def test_stopping_a_stack_tells_what_a_real_one_tells(tmp_path: Path) -> None:
    async with running(tmp_path, speed=120.0) as scope, client_of(scope) as client:
        scope.session.mount.closed = False
        scope.session.observer.initialised = True
        await client.result("iscope_start_view", M_81)
        await heard_until(client, "Stack", state="frame_complete")
        await client.result("iscope_stop_view", {"stage": "Stack"})
        heard = [event for event in client.events if "Event" in event]
        full = await client.result("iscope_stop_view")
        ending = [event for event in client.events if event not in heard]
        view = (await client.result("get_view_state"))["View"]
    tail = heard[-6:]
    assert [event["Event"] for event in tail if event["Event"] != "PiStatus"][-5:] == [
        "Exposure",
        "Exposure",
        "SaveImage",
        "Stack",
        "ContinuousExposure",
    ]
    failed = next(e for e in heard if e["Event"] == "Exposure" and e.get("code") == 514)
    saved = next(e for e in heard if e["Event"] == "SaveImage")
    stacked = next(e for e in heard if e["Event"] == "Stack" and e["state"] == "cancel")
    assert (failed["error"], is_outer(failed)) == ("interrupt", False)
    assert saved["fullname"].startswith("MyWorks/M 81/Stacked_")
    assert stacked["jpg_name"] == saved["fullname"].removesuffix(".fit") + ".jpg"
    assert (tmp_path / saved["fullname"]).is_file()
    assert full == 0
    views = [(e["state"], e["mode"]) for e in ending if e["Event"] == "View"]
    assert views == [("cancel", "star"), ("cancel", "none")]
    assert (view["state"], view["mode"], view["target_name"]) == ("cancel", "none", "M 81")


async def test_moving_mounts_and_folded_arms_refuse(tmp_path: Path) -> None:
    async with running(tmp_path, speed=30.0) as scope, client_of(scope) as client:
        folded = await client.call("iscope_start_view", M_81)
        await client.result("scope_move_to_horizon")
        moving = await client.call("iscope_start_view", M_81)
        state = await client.result("get_device_state", {"keys": ["mount"]})
        await heard_until(client, "ScopeMoveToHorizon", state="complete")
        plain = await client.result("scope_goto", [9.961195, 68.940273])
        busy = await client.call("scope_park")
        heard = await heard_until(client, "ScopeGoto", state="complete")
        below = await client.call("scope_goto", [5.58, -69.0])
        nonsense = await client.call("scope_goto", ["north"])
    assert (folded["code"], moving["code"], busy["code"]) == (207, 203, 203)
    assert state["mount"]["move_type"] != "none"
    assert plain == 0
    assert all("dist_deg" not in event for event in heard), "a plain slew has no inner layer"
    assert (below["code"], nonsense["code"]) == (270, 102)


async def test_a_solve_is_215_until_it_is_there(tmp_path: Path) -> None:
    async with running(tmp_path, speed=60.0) as scope, client_of(scope) as client:
        await client.result("start_solve")
        pending = await client.call("get_solve_result")
        heard = await heard_until(client, "PlateSolve", state="complete", page="focus")
        solved = await client.result("get_last_solve_result")
    assert (pending["code"], pending["error"]) == (215, "no solve data")
    assert any(event.get("star_number") for event in heard)
    assert solved["fov"][0] == pytest.approx(0.71, abs=0.02)
    assert len(solved["ra_dec"]) == 2


async def test_wheel_and_focuser_move(tmp_path: Path) -> None:
    async with running(tmp_path, speed=60.0) as scope, client_of(scope) as client:
        await client.result("set_setting", {"stack_lenhance": True})
        await heard_until(client, "WheelMove", state="complete", position=2)
        position = await client.result("get_wheel_position")
        await client.result("set_wheel_position", [0])
        turning = await client.result("get_wheel_state")
        await heard_until(client, "WheelMove", state="complete", position=0)
        names = (await client.result("get_wheel_setting"))["names"]
        wrong = await client.call("set_wheel_position", [7])
        moved = await client.result("move_focuser", {"step": 1605, "ret_step": True})
        step = await client.result("get_focuser_position")
        section = await client.result("get_device_state", {"keys": ["focuser"]})
    assert (position, turning["state"], names) == (2, "moving", ["dark", "IRCUT", "LP"])
    assert wrong["code"] == 102
    assert (moved, step, section["focuser"]["step"]) == ({"step": 1605}, 1605, 1605)


async def test_a_refused_setting_still_turns_the_wheel(tmp_path: Path) -> None:
    """As recorded: 109 for the marker inside, and yet the wheel moves."""
    async with running(tmp_path, speed=60.0) as scope, client_of(scope) as client:
        strange = await client.call("set_setting", {"stack_lenhance": True, "verify": True})
        await heard_until(client, "WheelMove", state="complete", position=2)
    assert strange["code"] == 109


async def test_autofocus_fails_inner_first_then_outer(tmp_path: Path) -> None:
    faults = Faults(no_stars=True)
    async with running(tmp_path, speed=200.0, faults=faults) as scope, client_of(scope) as client:
        await client.result("iscope_start_view", {"mode": "star"})
        await client.result("start_auto_focuse")
        heard = await heard_until(client, "ContinuousExposure", state="working")
        if not any(event.get("Event") == "AutoFocus" for event in heard):
            heard = await heard_until(client, "ContinuousExposure", state="working")
    failed = [e for e in heard if e.get("Event") == "AutoFocus" and e.get("state") == "fail"]
    assert [(event["code"], is_outer(event)) for event in failed] == [(279, False), (279, True)]


async def test_a_restart_cuts_everybody_and_comes_back_at_the_same_port(tmp_path: Path) -> None:
    async with running(tmp_path, speed=200.0) as scope:
        port = scope.rpc_port
        async with client_of(scope) as client:
            await client.send("pi_reboot")
            rest = await asyncio.wait_for(client.reader.read(), 60)
        for _ in range(200):
            try:
                async with client_of(scope) as again:
                    view = await again.result("get_view_state")
                break
            except OSError:
                await asyncio.sleep(0.01)
        assert scope.rpc_port == port
    assert b"pi_reboot" in rest or rest == b""
    assert view == {}


async def test_a_hostile_target_name_makes_no_folder(tmp_path: Path) -> None:
    async with running(tmp_path) as scope, client_of(scope) as client:
        scope.session.mount.closed = False
        refused = await client.call("iscope_start_view", {**M_81, "target_name": "../../etc"})
        short = await client.call("iscope_start_view", {**M_81, "target_ra_dec": [1]})
    assert (refused["code"], short["code"]) == (102, 102)


async def test_a_scripted_session_can_be_stopped_and_is_saved(tmp_path: Path) -> None:
    async with running(tmp_path, speed=120.0) as scope, client_of(scope) as client:
        camera = Camera(tmp_path, scope.profile, scope.serial, seed=1)
        session = LiveSession(scope, camera, Session("M 51", MORNING, 600, 10.0))
        session.start()
        mount = (await client.result("get_device_state", {"keys": ["mount"]}))["mount"]
        await heard_until(client, "Stack", state="frame_complete", stacked_frame=2)
        await client.result("iscope_stop_view")
        view = (await client.result("get_view_state"))["View"]
        await session.stop()
    saved = [event for event in client.events if event.get("Event") == "SaveImage"]
    assert (mount["close"], mount["tracking"]) == (False, True)
    assert len(saved) == 1
    assert (tmp_path / saved[0]["fullname"]).is_file()
    assert (view["state"], view["mode"]) == ("cancel", "none")
