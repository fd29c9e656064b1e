"""What the jobs on a telescope do in which order, and what proves them: rule by rule."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace
from scope_rig import EVERY, HELD, HOME, NAME, ONE, Rig, at_hand

from crowdsky_tui.base.errors import (
    DeviceError,
    ScopeBusy,
)
from crowdsky_tui.instruments.seestar.control.state import Observing
from crowdsky_tui.instruments.seestar.stacking import stack_block as stacking
from crowdsky_tui.jobs.engine.queue import Later
from crowdsky_tui.jobs.kinds.hold import EmptyWork, HoldWork, UnholdWork
from crowdsky_tui.jobs.kinds.stack import StackWork, words_of


def held(folder: str = HOME, *names: str) -> Rig:
    rig = Rig()
    rig.there = {f"{folder}/{name}": b"x" for name in (names or EVERY)}
    rig.there[f"{folder}/CrowdSky_other.fit"] = b"y"
    return rig


async def test_a_stack_is_held_only_while_the_server_lists_it_at_this_moment() -> None:
    rig = held()
    rig.listed = False
    with pytest.raises(DeviceError, match="stays where it is"):
        await rig.run(HoldWork(at_hand(rig), at_hand(rig)))
    assert rig.done == ["list 0"] and len(rig.there) == 4
    rig = held()
    proof = await rig.run(HoldWork(at_hand(rig), at_hand(rig)))
    assert proof.text == "moved into the holding folder, 3 files"
    moves = [f"move {name}" for name in EVERY]
    assert rig.done == ["list 0", "note move", f"make {HELD}", *moves]
    assert set(rig.there) == {f"{HELD}/{name}" for name in EVERY} | {f"{HOME}/CrowdSky_other.fit"}
    assert rig.lanes == ["change purge S50"]


async def test_a_held_stack_goes_back_where_it_was_without_the_list() -> None:
    rig = held(HELD)
    proof = await rig.run(UnholdWork(at_hand(rig)))
    assert proof.text == "moved back, 3 files" and "list 0" not in rig.done
    assert f"{HOME}/{NAME}" in rig.there and f"{HELD}/CrowdSky_other.fit" in rig.there


async def test_what_arrived_already_is_moved_and_what_stayed_behind_never_is() -> None:
    rig = held(HELD)
    rig.there = {f"{HOME}/{name}": b"x" for name in EVERY}
    assert (await rig.run(UnholdWork(at_hand(rig)))).text == "moved back, 3 files"
    for stuck in EVERY:
        rig = held(HELD)
        rig.broken[f"{HELD}/{stuck}"] = DeviceError("no")
        with pytest.raises(DeviceError, match="was not moved"):
            await rig.run(UnholdWork(at_hand(rig)))
    rig = held(HELD, EVERY[0])  # pictures without their stack
    with pytest.raises(DeviceError, match="was not moved"):
        await rig.run(UnholdWork(at_hand(rig)))


async def test_only_the_holding_folder_is_emptied() -> None:
    rig = held(HELD)
    rig.there[f"{HOME}/{NAME}"] = b"x"
    proof = await rig.run(EmptyWork(at_hand(rig)))
    assert proof.text == "deleted from the holding folder, 3 files"
    assert set(rig.there) == {f"{HELD}/CrowdSky_other.fit", f"{HOME}/{NAME}"}
    assert (await Rig().run(EmptyWork(at_hand(Rig())))).text.endswith("0 files")


# stacking


@pytest.fixture
def stacked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `stack_block` was given, and what it gives."""
    seen: dict[str, Any] = {"result": SimpleNamespace(frames=9, name=NAME, adopted=False)}

    async def stack_block(*what: Any, **more: Any) -> Any:
        seen.update(more, block=what[2], target=what[1])
        if isinstance(seen["result"], Exception):
            raise seen["result"]
        return seen["result"]

    monkeypatch.setattr(stacking, "stack_block", stack_block)
    return seen


TWELVE = replace(ONE, files=tuple(f"{n}.fit" for n in range(12)), name="")


@pytest.mark.parametrize(
    ("observing", "insist", "waits"),
    [(True, False, True), (None, False, True), (False, False, False), (True, True, False)],
)
async def test_it_is_stacked_only_while_the_telescope_rests_or_the_user_insists(
    stacked: dict[str, Any], observing: bool | None, insist: bool, waits: bool
) -> None:
    rig = Rig(replace(TWELVE, insist=insist), "stack")
    rig.busy = Observing(observing, "observing M 82")
    if not waits:
        assert (await rig.run(StackWork(at_hand(rig)))).text.startswith("9 of 12 sub-frames")
        return
    with pytest.raises(Later) as raised:
        await rig.run(StackWork(at_hand(rig)))
    assert raised.value.reason == "S50 is observing M 82; stacking waits, 12 min so far"
    assert "block" not in stacked


async def test_another_apps_stack_is_waited_for(stacked: dict[str, Any]) -> None:
    rig = Rig(TWELVE, "stack")
    stacked["result"] = ScopeBusy("it stacks something else")
    with pytest.raises(Later, match="something else"):
        await rig.run(StackWork(at_hand(rig)))


async def test_how_many_sub_frames_went_in_is_noted_only_of_a_stack_of_ours(
    stacked: dict[str, Any],
) -> None:
    for adopted, step, noted in (
        (False, "", True), (True, "", False), (True, "follow", True), (False, "follow", True),
    ):  # fmt: skip
        rig = Rig(TWELVE, "stack")
        rig.job = replace(rig.job, step=step)
        stacked["result"].adopted = adopted
        proof = await rig.run(StackWork(at_hand(rig)))
        assert proof.text.startswith("found done: ") is adopted
        assert [entry.subs for entry in rig.kept.values()] == ([12] if noted else [])
        assert stacked["started_before"] is bool(step)


def test_a_long_wait_is_told_in_hours() -> None:
    assert words_of(timedelta(minutes=59, seconds=59)) == "59 min"
    assert words_of(timedelta(minutes=60)) == "1 h 0 min"
