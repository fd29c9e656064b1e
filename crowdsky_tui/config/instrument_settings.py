"""Settings of instruments that are put together of devices: optics, limits, and the devices.

The tree is site → instrument → device: a device names its instrument.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta

from crowdsky_tui.config.section import Section, says
from crowdsky_tui.config.units import DEGREES, SECONDS

Role = Literal["mount", "camera", "wheel", "focuser", "heater", "switch", "dome"]
ONCE = ("mount", "camera", "wheel", "focuser", "heater", "dome")
"""Roles of which an instrument has one at most."""
LARGEST_NUMBER = 2**32 - 1
Altitude = Annotated[float, Meta(ge=-90, le=90)]


class InstrumentSettings(Section, frozen=True):
    """An instrument of devices on one mount: what it looks through and where it may point."""

    name: Annotated[str, says("What it is called; its devices name it.", "balcony")] = ""
    unique_id: Annotated[
        str, says("Its identity, whatever its name. Empty: its mount's, or its camera's.")
    ] = ""
    scope: Annotated[
        str,
        says(
            "The telescope of [[scopes]] whose own Alpaca server this is (port 32323): then it is"
            " told something only while its control socket is closed to us, or it rests."
        ),
    ] = ""
    aperture_mm: Annotated[
        Annotated[float, Meta(ge=0, le=100_000)],
        says("Aperture of its optics in mm. 0: not known."),
    ] = 0.0
    focal_mm: Annotated[
        Annotated[float, Meta(ge=0, le=1_000_000)],
        says("Focal length of its optics in mm. 0: the mount is asked."),
    ] = 0.0
    min_altitude: Annotated[
        Altitude,
        says("It is sent to nothing lower, nor below the site's horizon.", unit=DEGREES),
    ] = 15.0
    max_altitude: Annotated[
        Altitude, says("It is sent to nothing higher: some mounts cannot.", unit=DEGREES)
    ] = 90.0
    sun_distance: Annotated[
        Annotated[float, Meta(ge=10, le=180)],
        says("It is sent to nothing nearer to the Sun.", unit=DEGREES),
    ] = 30.0
    alignment: Annotated[
        Literal["equatorial", "altaz"],
        says(
            'How its mount stands: "equatorial" or "altaz". With "altaz" the plan leaves out where'
            " the field turns too fast."
        ),
    ] = "equatorial"
    settle: Annotated[
        Annotated[float, Meta(ge=0, le=300)],
        says("How long its mount comes to rest after a move.", unit=SECONDS),
    ] = 2.0
    centre_tolerance: Annotated[
        Annotated[float, Meta(ge=0, le=600)],
        says(
            "A target counts as centred so near to the middle of the picture, in arcminutes. 0: it"
            " is not centred. It needs solve-field (astrometry.net), ASTAP or a catalogue.",
        ),
    ] = 3.0
    centre_exposure: Annotated[
        Annotated[float, Meta(gt=0, le=300)],
        says("Exposure of the pictures that centre a target.", unit=SECONDS),
    ] = 5.0
    catalogue: Annotated[
        str,
        says(
            "A file with the stars of what it is sent to (FITS, CSV, VOTable): pictures are solved"
            " by it where no program for it is installed."
        ),
    ] = ""
    index_folder: Annotated[
        str, says("A folder with index files for solve-field. Empty: as it is installed.")
    ] = ""
    focus_step: Annotated[
        Annotated[int, Meta(ge=0, le=1_000_000)],
        says(
            "How far the nine positions of a focus sweep lie apart, in steps of the focuser. 0: a"
            " hundredth of its range."
        ),
    ] = 0
    focus_exposure: Annotated[
        Annotated[float, Meta(gt=0, le=300)],
        says("Exposure of the pictures of a focus sweep.", unit=SECONDS),
    ] = 4.0
    backlash: Annotated[
        Annotated[int, Meta(ge=0, le=1_000_000)],
        says(
            "Steps that the focuser loses when it turns round: every position of a sweep is reached"
            " from so far below."
        ),
    ] = 0
    dew_heater: Annotated[
        Literal["manual", "auto"],
        says(
            'With "auto" the night switches its heater: on where a sensor has the air less than'
            " 3 °C above its dew point, off above 5 °C. Without a fresh reading it stays as it is."
        ),
    ] = "manual"
    exposure: Annotated[
        Annotated[float, Meta(gt=0, le=3600)],
        says("Exposure of its frames where the target says nothing.", unit=SECONDS),
    ] = 10.0
    folder: Annotated[
        str, says("Where its frames are written. Empty: frames/NAME below the downloads.")
    ] = ""


class DeviceSettings(Section, frozen=True):
    """One device of an instrument."""

    instrument: Annotated[str, says("The name of its instrument.", "balcony")] = ""
    role: Annotated[
        Role,
        says(
            'What it is there: "mount", "camera", "wheel", "focuser", "heater" (one switch of a'
            ' switch device), "switch" or "dome" (its shutter is only asked: nothing is begun'
            " while it is closed)."
        ),
    ] = "mount"
    protocol: Annotated[
        Literal["alpaca", "indi"],
        says('By which words it is reached: "alpaca" (ASCOM Alpaca) or "indi" (an INDI server).'),
    ] = "alpaca"
    address: Annotated[
        str, says("Host and port of its server, IPv6 in brackets.", "192.168.1.20:11111")
    ] = ""
    number: Annotated[
        Annotated[int, Meta(ge=0, le=LARGEST_NUMBER)],
        says("Its number at the server, 0 for the first of its kind."),
    ] = 0
    unique_id: Annotated[
        str,
        says(
            "Its identity at the server, as 'instruments find' shows it: then no other device is"
            " taken for it. Empty: not held to. With INDI: the device's name there."
        ),
    ] = ""
    switch: Annotated[
        Annotated[int, Meta(ge=0, le=1000)],
        says("With role heater: which of the device's switches it is, from 0."),
    ] = 0
    property: Annotated[
        str,
        says(
            "With INDI and role heater: the number that sets its power, as PROPERTY.MEMBER, such as"
            " DEW_PWM.DEW_A."
        ),
    ] = ""


def check_instruments(
    instruments: Sequence[InstrumentSettings],
    devices: Sequence[DeviceSettings],
    others: Sequence[str] = (),
) -> None:
    """Hold instruments and devices together.

    Parameters
    ----------
    instruments : sequence of InstrumentSettings
        All that are set.
    devices : sequence of DeviceSettings
        Theirs.
    others : sequence of str
        Names that are taken, those of the telescopes.

    Raises
    ------
    ValueError
        If an instrument has no name, one that is taken, or limits out of order; if a device has no
        address, belongs to no instrument, or is there twice where one may be. A layer of settings
        that holds devices alone is held to nothing of the instruments.
    """
    names = [each.name for each in instruments]
    for each in instruments:
        if not each.name or not each.name.isprintable() or set(each.name) & set("/\\"):
            raise ValueError("instruments.name is missing, or has signs that no folder can have")
        if each.name.startswith(".") or len(each.name) > 60:
            raise ValueError("instruments.name begins with a point or is longer than 60 signs")
        if each.scope and each.scope not in others:
            raise ValueError(f"{each.name}: there is no telescope {each.scope!r} in [[scopes]]")
        if each.min_altitude >= each.max_altitude:
            raise ValueError(f"{each.name}: min_altitude must be below max_altitude")
    twice = [name for name, count in Counter([*names, *others]).items() if count > 1]
    if set(twice) & set(names):
        raise ValueError(f"two instruments are called {twice[0]}: give each its own name")
    for device in devices:
        if instruments and device.instrument not in names:
            raise ValueError(f"a {device.role} belongs to no instrument of [[instruments]]")
        _check_address(device)
        _check_indi(device)
    roles = Counter((each.instrument, each.role) for each in devices if each.role in ONCE)
    for (name, role), count in roles.items():
        if count > 1:
            raise ValueError(f"{name} has {count} devices with the role {role}")


def _check_address(device: DeviceSettings) -> None:
    host, _, port = device.address.rpartition(":")
    fits = port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536
    bare = host.removeprefix("[").removesuffix("]")
    if not fits or not bare or not bare.isprintable() or set(bare) & set("/?#@[] "):
        raise ValueError(
            f"{device.instrument}: devices.address of its {device.role} is no host:port"
        )


def _check_indi(device: DeviceSettings) -> None:
    if device.protocol != "indi":
        return
    if not device.unique_id or not device.unique_id.isprintable():
        raise ValueError(
            f"{device.instrument}: devices.unique_id of its {device.role} is missing: with INDI it"
            " is the device's name"
        )
    if device.role == "switch":
        raise ValueError(f"{device.instrument}: INDI has no devices with the role switch")
    parts = device.property.split(".")
    if device.role == "heater" and not (len(parts) == 2 and all(parts)):
        raise ValueError(
            f"{device.instrument}: devices.property of its heater is missing: PROPERTY.MEMBER"
        )
