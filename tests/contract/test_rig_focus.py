"""The focus sweep of a rig: its best position, its approach, and where it ends when it fails."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from device_kit import until
from sky_kit import sky_rig
from test_rig import M81

from crowdsky_tui.base.errors import (
    CrowdSkyError,
    NotOffered,
    OperationAborted,
    OperationFailed,
    ScopeBusy,
)
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Ability
from crowdsky_tui.instruments.rig.focus_record import FocusRecord
from crowdsky_tui.instruments.rig.focus_sweep import positions
from crowdsky_tui.photometry.focus_curve import focus_curve
from crowdsky_tui.photometry.focus_messages import FocusCurve, FocusRequest
from crowdsky_tui.photometry.image_quality import measure
from crowdsky_tui.photometry.measures import Quality
from crowdsky_tui.simulator.alpaca.faults import Fault
from crowdsky_tui.simulator.alpaca.parts import Focuser
from crowdsky_tui.simulator.alpaca.server import AlpacaStandIn


class InlineStars:
    """Measures as the science child does, in a thread of this process."""

    async def quality(self, path: Path) -> Quality:
        return await asyncio.to_thread(measure, path, path.name)

    async def focus(self, request: FocusRequest) -> FocusCurve:
        return focus_curve(request)


def focuser_of(server: AlpacaStandIn) -> Focuser:
    return next(each for each in server.devices if isinstance(each, Focuser))


def moves(server: AlpacaStandIn) -> list[int]:
    return [int(call.parameters["Position"]) for call in server.calls("PUT", "move")]


def rig(folder: Path, **options: Any) -> Any:
    small: dict[str, Any] = {"size": (240, 160), "speed": 600.0, "stars": InlineStars()}
    return sky_rig(folder, **{**small, **options})


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "focus.jsonl").read_text().splitlines()]


async def test_a_sweep_finds_the_best_position_with_its_error_and_goes_there_from_below(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path, focus_step=25, backlash=40) as (server, instrument, _, camera):
        await instrument.operate(told.Goto(M81))
        camera.best_step = 1537
        told_lines: list[tuple[float | None, str]] = []
        proof = await instrument.operate(told.Focus(), lambda *each: told_lines.append(each))
        found = instrument.focus_found
        assert proof.done.state == "focused"
        assert found is not None
        assert abs(found.step - 1537) < 5
        assert 0 < found.error_steps < 10
        assert focuser_of(server).position() == round(found.step)
        told_moves = moves(server)
        assert told_moves[:3] == [1360, 1400, 1425], "the backlash first, then upward only"
        assert told_moves[1:10] == sorted(told_moves[1:10])
        assert told_moves[-2:] == [round(found.step) - 40, round(found.step)]
    fractions = [fraction for fraction, _ in told_lines if fraction is not None]
    assert fractions == sorted(fractions)
    assert len(fractions) >= 18
    begun, ended = lines(tmp_path)
    assert (begun["at"], begun["from"]) == ("begin", 1500)
    assert (ended["at"], ended["step"]) == ("end", round(found.step))
    assert len(ended["seen"]) == 9
    assert [path.name for path in tmp_path.iterdir()] == ["focus.jsonl"]


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        ("clouds", "no stars|measured at 0"),
        ("beyond", "beyond those that were tried|not widest at the ends|as wide everywhere"),
        ("camera", "the Alpaca server failed"),
        ("stuck", "elsewhere|still moves"),
    ],
)
async def test_a_sweep_that_fails_leaves_the_old_position_and_says_why(
    tmp_path: Path, trouble: str, error: str
) -> None:
    async with rig(tmp_path, focus_step=20) as (server, instrument, _, camera):
        await instrument.operate(told.Goto(M81))
        camera.clouded = trouble == "clouds"
        if trouble == "beyond":
            camera.best_step = 1100
        if trouble == "camera":
            server.faults.members["camera/imagearray"] = Fault("status", 500)
        if trouble == "stuck":
            server.faults.members["focuser/position"] = Fault("value", 1499)
            focuser_of(server)._goal = 1499
        with pytest.raises(CrowdSkyError) as caught:
            await instrument.operate(told.Focus())
        text = str(caught.value)
        assert any(word in text for word in error.split("|")), text
        if trouble != "stuck":
            assert focuser_of(server).position() == 1500
            assert "back at 1500" in text
        assert instrument.focus_found is None
        assert not instrument.doing


@pytest.mark.parametrize("way", ["stop", "cancel"])
async def test_a_sweep_that_is_stopped_or_cancelled_brings_the_focuser_back(
    tmp_path: Path, way: str
) -> None:
    async with rig(tmp_path, focus_step=20, backlash=30) as (server, instrument, _, _):
        await instrument.operate(told.Goto(M81))
        going = asyncio.create_task(instrument.operate(told.Focus()))
        await until(lambda: len(server.calls("PUT", "startexposure")) >= 3)
        if way == "stop":
            await instrument.operate(told.Stop())
        else:
            going.cancel()
        with pytest.raises(OperationAborted if way == "stop" else asyncio.CancelledError):
            await going
        assert focuser_of(server).position() == 1500
        assert moves(server)[-2:] == [1470, 1500]
    assert lines(tmp_path)[-1]["step"] == 1500


async def test_a_sweep_after_one_that_was_cut_off_begins_where_that_one_did(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path, focus_step=20) as (server, instrument, _, _):
        await instrument.operate(told.Goto(M81))
        FocusRecord(tmp_path).write("begin", instrument.clock.now(), **{"from": 1510})
        await instrument.operate(told.Focus())
        assert moves(server)[0] == 1430


async def test_a_sweep_needs_a_mount_that_follows_stars_that_are_measured_and_no_frames(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path) as (server, instrument, _, _):
        await instrument.operate(told.Unpark())
        with pytest.raises(OperationFailed, match="not possible"):
            await instrument.operate(told.Focus())
        await instrument.operate(told.Goto(M81))
        await instrument.operate(told.Start())
        with pytest.raises(ScopeBusy):
            await instrument.operate(told.Focus())
        await instrument.operate(told.Stop())
        assert not moves(server)
    async with rig(tmp_path, stars=None) as (_, instrument, _, _):
        assert Ability.FOCUS in instrument.capabilities.missing
        with pytest.raises(NotOffered):
            await instrument.operate(told.Focus())


@pytest.mark.parametrize(
    ("begin", "step", "last", "first", "end"),
    [
        (1500, 20, 2600, 1420, 1580),
        (10, 20, 2600, 0, 160),
        (2590, 20, 2600, 2440, 2600),
        (3, 20, 7, 0, 7),
        (50, 1000, 100, 2, 98),
    ],
)
def test_the_positions_lie_within_the_range_and_ascend(
    begin: int, step: int, last: int, first: int, end: int
) -> None:
    found = positions(begin, step, last)
    assert (found[0], found[-1]) == (first, end)
    assert found == sorted(set(found))
    assert len(found) <= 9


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"at":"end"}', '{"at":"begin","from":-1}', '{"at":"begin"}', "\xff"]
)
def test_a_record_that_makes_no_sense_tells_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "focus.jsonl").write_text(content, encoding="latin-1")
    assert FocusRecord(tmp_path).cut_off() is None
