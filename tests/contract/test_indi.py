"""Devices of INDI servers beyond what every instrument does: streams, pictures, names, bounds."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from device_kit import until
from test_rig import M81

sys.path.insert(0, str(Path(__file__).parent.parent / "conformance"))

from indi_kind import IndiRig, indi_rig

from crowdsky_tui.base.errors import (
    DeviceError,
    FileDamaged,
    NotOffered,
    OtherTelescope,
    ScopeTimeout,
    ScopeUnreachable,
)
from crowdsky_tui.config.instrument_settings import (
    DeviceSettings,
    InstrumentSettings,
    check_instruments,
)
from crowdsky_tui.fits.frame_file import write_frame
from crowdsky_tui.fits.frame_file_messages import FrameFileRequest
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.indi import connection as indi
from crowdsky_tui.instruments.indi.connection import IndiConnection
from crowdsky_tui.instruments.indi.device import WORDS, IndiDevice
from crowdsky_tui.instruments.indi.view import DeviceView
from crowdsky_tui.instruments.instructions import Ends
from crowdsky_tui.simulator.fits import fits_bytes

CONNECTED = (
    '<defSwitchVector device="Mount" name="CONNECTION" state="Ok" perm="rw" rule="OneOfMany">'
    '<defSwitch name="CONNECT">\n  On\n</defSwitch><defSwitch name="DISCONNECT">Off</defSwitch>'
    "</defSwitchVector>"
)


def number(name: str, value: str, state: str = "Ok") -> str:
    limits = 'format="%g" min="-90" max="90" step="0"'
    return (
        f'<defNumberVector device="Mount" name="{name}" state="{state}" perm="rw">'
        f'<defNumber name="RA" {limits}>{value}</defNumber></defNumberVector>'
    )


@asynccontextmanager
async def line(said: str, *, step: int = 65536) -> AsyncIterator[IndiConnection]:
    """A connection to a server that says this whenever it is asked, in pieces of `step` bytes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while asked := await reader.read(4096):
                content = said.encode() * asked.count(b"<getProperties")
                for at in range(0, len(content), step):
                    writer.write(content[at : at + step])
                    await asyncio.sleep(0)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made = IndiConnection("127.0.0.1", server.sockets[0].getsockname()[1], read_s=0.5)
    try:
        await made.open()
        yield made
    finally:
        await made.close()
        server.close()


def mount(made: IndiConnection, name: str = "Mount") -> IndiDevice:
    return IndiDevice(made, "telescope", name, WORDS["telescope"])


@pytest.mark.parametrize(
    ("written", "value"),
    [("-0:30:00", -0.5), ("12:30", 12.5), ("12 30 36", 12.51), ("12;30;36", 12.51), ("\n 7 \n", 7)],
)
async def test_numbers_are_read_as_indi_writes_them(written: str, value: float) -> None:
    async with line(number("X", written)) as made:
        await made.ask("Mount", "X")
        assert DeviceView(made, "Mount").number("X", "RA") == pytest.approx(value)


@pytest.mark.parametrize("written", ["moon", "1,5", "&lt;b&gt;", "12:30:00:00"])
async def test_what_is_no_number_is_no_value(written: str) -> None:
    async with line(number("X", written)) as made:
        with pytest.raises(DeviceError):
            await made.ask("Mount", "X")
        with pytest.raises(NotOffered):
            DeviceView(made, "Mount").number("X", "RA")


@pytest.mark.parametrize("written", ["nan", "inf", "1e999", "-inf", "9" * 500, "1:nan:3", "", " "])
async def test_what_is_not_finite_or_empty_is_no_value(written: str) -> None:
    async with line(number("X", written)) as made:
        with contextlib.suppress(DeviceError):
            await made.ask("Mount", "X")
        view = DeviceView(made, "Mount")
        assert not view.has("X", "RA") or view.number("X", "RA") is None


async def test_a_stream_may_be_cut_at_every_byte() -> None:
    async with line(CONNECTED + number("X", "5"), step=1) as made:
        await made.ask("Mount", "CONNECTION", "X")
        view = DeviceView(made, "Mount")
        assert view.is_on("CONNECTION", "CONNECT")
        assert view.number("X", "RA") == 5


@pytest.mark.parametrize(
    "said",
    [
        '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx">]>',
        "<defNumberVector device='Mount' name='X'></defSwitchVector>",
        "<a><b></a></b>",
        "\0\0\0",
    ],
)
async def test_what_is_no_indi_is_no_answer_and_ends_in_time(said: str) -> None:
    async with line(said) as made:
        with pytest.raises(DeviceError):
            await made.ask("Mount", "X")


async def test_a_message_without_an_end_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(indi, "LARGEST_MESSAGE", 100_000)
    bomb = '<setBLOBVector device="Mount" name="CCD1"><oneBLOB name="CCD1">' + "A" * 300_000
    async with line(bomb) as made:
        with pytest.raises(ScopeUnreachable):
            await made.ask("Mount", "X")


async def test_ten_thousand_properties_end_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indi, "MOST_PROPERTIES", 50)
    async with line("".join(number(f"X{at}", "1") for at in range(200))) as made:
        with pytest.raises(DeviceError):
            await made.ask("Mount", "Y")


async def test_a_device_that_is_not_there_is_named_with_those_that_are() -> None:
    async with line(CONNECTED) as made:
        with pytest.raises(OtherTelescope) as caught:
            await mount(made, "Other").connect()
        assert "Other" in caught.value.what and "Mount" in caught.value.why


async def test_a_mount_without_unpark_offers_none() -> None:
    park = (
        '<defSwitchVector device="Mount" name="TELESCOPE_PARK" state="Ok" perm="rw"'
        ' rule="AtMostOne"><defSwitch name="PARK">Off</defSwitch></defSwitchVector>'
    )
    async with line(CONNECTED + park) as made:
        device = mount(made)
        assert await device.read("atpark") is False
        assert "abortslew" in device.missing
        with pytest.raises(NotOffered):
            await device.tell("unpark")


async def test_a_server_that_is_not_there_is_unreachable() -> None:
    made = IndiConnection("127.0.0.1", 9, read_s=0.3, connect_s=0.3)
    with pytest.raises(ScopeUnreachable):
        await made.open()
    await made.close()


async def test_a_silent_device_is_no_answer() -> None:
    async with line("<message device='Mount' message='hello'/>") as made:
        with pytest.raises(ScopeTimeout):
            await made.ask("Mount", "X")


# --- pictures ---------------------------------------------------------------------------------


async def test_a_frame_has_the_cameras_pixels_and_nobodys_place(tmp_path: Path) -> None:
    async with indi_rig()(tmp_path, read_only=False) as subject:
        assert isinstance(subject, IndiRig)
        instrument = subject.instrument
        await instrument.operate(told.Unpark())
        await instrument.operate(told.SetExposure(5))
        await instrument.operate(told.Goto(M81))
        await instrument.operate(told.Start())
        await until(lambda: len(list((tmp_path / "M 81_sub").glob("*_5.0s_*.fit"))) >= 2)
        await instrument.operate(told.Stop(Ends.FRAMES))
        models = subject.models
    first = min((tmp_path / "M 81_sub").glob("*_5.0s_*.fit"))
    with fits.open(first, checksum=True) as opened:
        header, pixels = opened[0].header, opened[0].data
    assert pixels.dtype == np.uint16 and pixels.shape == models.camera.size[::-1]
    assert header["BAYERPAT"] == "GRBG"
    assert header["OBJECT"] == "M 81" and header["EXPTIME"] == 5.0
    assert "SITELAT" not in header


def request(tmp_path: Path, content: bytes, size: tuple[int, int]) -> FrameFileRequest:
    raw = tmp_path / "sent"
    raw.write_bytes(content)
    out = bytes(tmp_path / "frame.fit")
    return FrameFileRequest(bytes(raw), out, *size, 1, "fits", (("OBJECT", "M 81", ""),))


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (fits_bytes(np.zeros((8, 6), np.uint16), []), (5, 8)),
        (fits_bytes(np.zeros((8, 6), np.uint16), []), (6, 7)),
        (fits_bytes(np.zeros((800, 60), np.uint16), [])[:5000], (60, 800)),
        (b"SIMPLE  =                    T", (6, 8)),
        (b"", (6, 8)),
        (b"no FITS at all" * 1000, (6, 8)),
    ],
)
def test_a_picture_that_is_not_what_it_says_is_damaged(
    tmp_path: Path, content: bytes, size: tuple[int, int]
) -> None:
    with pytest.raises(FileDamaged):
        write_frame(request(tmp_path, content, size))
    assert not (tmp_path / "frame.fit").exists()


# --- settings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"role": "mount"},
        {"role": "switch", "unique_id": "Dew"},
        {"role": "heater", "unique_id": "Dew"},
        {"role": "heater", "unique_id": "Dew", "property": "DEW_PWM"},
    ],
)
def test_an_indi_device_needs_its_name_and_a_heater_its_property(fields: dict[str, str]) -> None:
    device = DeviceSettings(
        instrument="garden",
        protocol="indi",
        address="127.0.0.1:7624",
        **fields,  # type: ignore[arg-type]
    )
    with pytest.raises(ValueError, match="garden"):
        check_instruments([InstrumentSettings(name="garden")], [device])
