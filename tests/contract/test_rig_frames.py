"""Frames of a rig: their headers, their pixels, and what becomes of a series that goes wrong."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from device_kit import until
from test_rig import M81, rig

from crowdsky_tui.base.errors import (
    CannotWrite,
    DeviceError,
    FileDamaged,
    OperationFailed,
    ScopeBusy,
)
from crowdsky_tui.blocks.names import parse_light_filename
from crowdsky_tui.compute.worker import answer
from crowdsky_tui.fits.frame_file import picture_of, write_frame
from crowdsky_tui.fits.frame_file_messages import FrameFileRequest
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Ends
from crowdsky_tui.instruments.rig.header import FrameFacts, bayer_of, cards_of
from crowdsky_tui.instruments.rig.series import frame_name
from crowdsky_tui.simulator.alpaca.camera import Camera, Picture
from crowdsky_tui.simulator.alpaca.faults import Fault
from crowdsky_tui.simulator.alpaca.telescope import Telescope

ROLES = {"mount": "mount-1", "camera": "camera-1", "wheel": "wheel-1", "focuser": "focuser-1"}
FOLDER = "M 81_sub"


def request(
    tmp_path: Path, pixels: bytes, element: str, shape: tuple[int, int, int]
) -> FrameFileRequest:
    raw = tmp_path / "pixels"
    raw.write_bytes(pixels)
    return FrameFileRequest(
        bytes(raw), bytes(tmp_path / "frame.fit"), *shape, element, (("OBJECT", "M 81", ""),)
    )


async def test_a_frame_has_the_cameras_pixels_and_a_header_that_astropy_reads(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path, roles=ROLES) as (server, instrument):
        await instrument.open()
        await instrument.look()
        camera = next(device for device in server.devices if isinstance(device, Camera))
        camera.cooled_to_c = -10.0
        await instrument.operate(told.SetFilter("LP"))
        await instrument.operate(told.SetGain(120))
        await instrument.operate(told.SetExposure(5))
        await instrument.operate(told.Goto(M81))
        await instrument.operate(told.Start())
        await until(lambda: len(list((tmp_path / FOLDER).glob("*.fit"))) >= 2)
        await instrument.operate(told.Stop(Ends.FRAMES))
        state = await instrument.look()
    assert (state.frames_kept.value or 0) >= 2
    assert state.frames_dropped.value == 0
    assert not [path.name for path in (tmp_path / FOLDER).iterdir() if path.suffix != ".fit"]
    first = min((tmp_path / FOLDER).glob("*.fit"))
    name = parse_light_filename(first.name)
    assert name is not None
    assert (name.target, name.exposure_s, name.filter) == ("M 81", 5.0, "LP")
    with fits.open(first, checksum=True) as opened:
        header, pixels = opened[0].header, opened[0].data
    taken = Picture(*camera.size, seed=1)
    expected = np.frombuffer(taken.columns.tobytes(), "<u2").reshape(camera.size).T
    assert pixels.dtype == np.uint16
    assert np.array_equal(pixels, expected)
    assert header["DATE-OBS"].startswith(f"{name.datetime:%Y-%m-%dT%H:%M:%S}")
    wanted = {
        "OBJECT": "M 81",
        "FILTER": "LP",
        "GAIN": 120,
        "EXPTIME": 5.0,
        "BAYERPAT": "GRBG",
        "ROWORDER": "TOP-DOWN",
        "XPIXSZ": 2.9,
        "FOCPOS": 1500,
        "CCD-TEMP": 11.5,
        "SET-TEMP": -10.0,
        "OFFSET": 30,
        "AIRMASS": 1.3,
        "TELESCOP": "garden",
        "INSTRUME": "IMX462",
    }
    assert {key: header[key] for key in wanted} == wanted
    assert header["RA"] == pytest.approx(148.88821)
    assert not [key for key in header if key.startswith(("SITE", "OBSGEO", "LAT", "LONG"))]


async def test_after_a_stop_no_exposure_is_told(tmp_path: Path) -> None:
    async with rig(tmp_path) as (server, instrument):
        await instrument.operate(told.Goto(M81))
        await instrument.operate(told.Start())
        with pytest.raises(ScopeBusy, match="takes frames"):
            await instrument.operate(told.SetGain(10))
        await instrument.operate(told.Stop())
        before = len(server.calls("PUT", "startexposure"))
        await asyncio.sleep(0.2)
        assert len(server.calls("PUT", "startexposure")) == before
        assert not instrument.taking
        assert (await instrument.look()).used_by_others.value == ""


async def test_a_mount_that_does_not_follow_the_sky_takes_no_frames(tmp_path: Path) -> None:
    async with rig(tmp_path) as (server, instrument):
        await instrument.operate(told.Unpark())
        with pytest.raises(OperationFailed, match="not possible"):
            await instrument.operate(told.Start())
        assert not server.calls("PUT", "startexposure")


async def test_half_a_picture_is_dropped_and_three_of_them_end_the_series(tmp_path: Path) -> None:
    async with rig(tmp_path) as (server, instrument):
        await instrument.operate(told.Goto(M81))
        await instrument.operate(told.SetExposure(1))
        server.faults.cut_picture = 2000
        await instrument.operate(told.Start())
        await until(lambda: not instrument.taking)
        state = await instrument.look()
        assert (state.frames_kept.value, state.frames_dropped.value) == (0, 3)
        assert len(server.calls("PUT", "startexposure")) == 3
    assert not list(tmp_path.rglob("*.fit"))


async def test_an_old_picture_is_not_taken_for_the_one_that_was_not_begun(tmp_path: Path) -> None:
    async with rig(tmp_path) as (server, instrument):
        await instrument.operate(told.Goto(M81))
        await instrument.operate(told.SetExposure(1))
        await instrument.operate(told.Start())
        await until(lambda: len(server.calls("GET", "imagearray")) >= 1)
        server.faults.members["camera/startexposure"] = Fault("reset")
        await until(lambda: not instrument.taking)
        camera = next(device for device in server.devices if isinstance(device, Camera))
        assert len(list(tmp_path.rglob("*.fit"))) == camera.taken


@pytest.mark.parametrize("instruction", [told.Stop(), told.Park()])
async def test_a_camera_that_is_away_keeps_no_mount_from_resting(
    tmp_path: Path, instruction: told.Instruction
) -> None:
    async with rig(tmp_path) as (server, instrument):
        await instrument.operate(told.Goto(M81))
        for member in ("camerastate", "abortexposure"):
            server.faults.members[f"camera/{member}"] = Fault("status", 500)
        with pytest.raises(DeviceError, match="the Alpaca server failed"):
            await instrument.operate(instruction)
        mount = next(device for device in server.devices if isinstance(device, Telescope))
        mount.run()
        assert not mount.is_tracking
        assert not mount.is_slewing
        assert mount.is_parked is isinstance(instruction, told.Park)


@pytest.mark.parametrize("parked", [False, True])
async def test_frames_end_where_somebody_else_takes_the_mount_away(
    tmp_path: Path, *, parked: bool
) -> None:
    async with rig(tmp_path) as (server, instrument):
        await instrument.operate(told.Goto(M81))
        await instrument.operate(told.SetExposure(1))
        await instrument.operate(told.Start())
        await until(lambda: bool(list((tmp_path / FOLDER).glob("*.fit"))))
        mount = next(device for device in server.devices if isinstance(device, Telescope))
        if parked:
            mount.park()
        else:
            mount.slewtocoordinatesasync(3.0, 60.0)
        kept = len(list((tmp_path / FOLDER).glob("*.fit")))
        await until(lambda: not instrument.taking)
        assert len(list((tmp_path / FOLDER).glob("*.fit"))) <= kept + 1, "the one being written"
        assert instrument.series is not None
        said = "parked" if parked else "not begun here"
        assert said in instrument.series.trouble


async def test_somebody_elses_exposure_is_not_interrupted(tmp_path: Path) -> None:
    async with rig(tmp_path) as (server, instrument):
        await instrument.open()
        camera = next(device for device in server.devices if isinstance(device, Camera))
        camera.startexposure(2000.0, True)
        assert "camera" in ((await instrument.look()).used_by_others.value or "")
        with pytest.raises(ScopeBusy):
            await instrument.operate(told.Goto(M81))
        assert not server.calls("PUT", "abortexposure")


def test_pixels_are_kept_in_the_least_type_that_holds_them(tmp_path: Path) -> None:
    columns = np.array([[10, 11], [20, 21], [30, 65535]], "<i4")
    small = picture_of(columns.tobytes(), request(tmp_path, b"x", "<i4", (3, 2, 1)))
    assert small.dtype == np.uint16
    assert small.tolist() == [[10, 20, 30], [11, 21, 65535]]
    large = picture_of((columns + 1).tobytes(), request(tmp_path, b"x", "<i4", (3, 2, 1)))
    assert large.dtype == np.int32
    planes = np.arange(12, dtype="<u2")
    assert picture_of(planes.tobytes(), request(tmp_path, b"x", "<u2", (2, 2, 3)))[
        :, 0, 1
    ].tolist() == [6, 7, 8]
    with pytest.raises(FileDamaged):
        picture_of(b"123", request(tmp_path, b"x", "<u2", (2, 2, 1)))


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    asked = request(tmp_path, bytes(8), "<u2", (2, 2, 1))
    assert answer(asked).damage is None
    before = (tmp_path / "frame.fit").read_bytes()
    with pytest.raises(CannotWrite):
        write_frame(asked)
    refused = answer(asked).damage
    assert refused is not None
    assert refused.writing
    assert (tmp_path / "frame.fit").read_bytes() == before
    assert not list(tmp_path.glob("*.part"))


def test_what_is_not_known_has_no_card_and_text_is_ascii() -> None:
    from datetime import UTC, datetime

    facts = FrameFacts(datetime(2026, 3, 1, 2, 3, 4, 567000, UTC), 10.0, target="Größe\n")
    cards = {key: value for key, value, _ in cards_of(facts)}
    assert cards["DATE-OBS"] == "2026-03-01T02:03:04.567"
    assert cards["DATE-END"] == "2026-03-01T02:03:14.567"
    assert str(cards["OBJECT"]).isascii()
    absent = {"RA", "FILTER", "GAIN", "EQUINOX", "BAYERPAT", "OFFSET", "SET-TEMP", "AIRMASS"}
    assert absent.isdisjoint(cards)
    assert parse_light_filename(frame_name(facts, facts.begun)) is not None
    assert bayer_of(2, 0, 0) == "RGGB"
    assert bayer_of(2, 1, 1) == "BGGR"
    assert bayer_of(0, 0, 0) == bayer_of(2, None, 0) == ""
