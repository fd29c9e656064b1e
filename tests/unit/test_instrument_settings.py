"""Instruments of devices in the settings: what belongs together, and what is refused."""

import tomllib
from pathlib import Path

import pytest

from crowdsky_tui.base.errors import SettingsError
from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.config.values import flat
from crowdsky_tui.config.write import save_instrument, save_settings

MOUNT = 'instrument = "balcony"\nrole = "mount"\naddress = "10.0.0.4:11111"'


def write(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    return path


def rig(more: str = "", device: str = MOUNT) -> str:
    return f'[[instruments]]\nname = "balcony"\n{more}\n[[devices]]\n{device}\n'


def test_an_instrument_with_its_device_is_read_with_units(tmp_path: Path) -> None:
    path = write(tmp_path, rig('min_altitude = "20 deg"\nsettle = "0.1 min"'))
    settings = read_settings(path, {}).settings
    (balcony,) = settings.instruments
    assert (balcony.min_altitude, balcony.settle) == (20.0, 6.0)
    assert flat(settings)["devices.1.address"] == "10.0.0.4:11111"
    assert settings.frames_of(balcony) == settings.downloads / "frames" / "balcony"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (rig(device=MOUNT.replace("balcony", "garden")), "belongs to no instrument"),
        (rig(device=f"{MOUNT}\n[[devices]]\n{MOUNT}"), "2 devices with the role mount"),
        (rig(device=MOUNT.replace(":11111", "")), "no host:port"),
        (rig(device=MOUNT.replace(":11111", ":65536")), "no host:port"),
        (rig(device=MOUNT.replace("10.0.0.4", "http://a@b")), "no host:port"),
        (rig("min_altitude = 60\nmax_altitude = 60"), "min_altitude must be below"),
        (rig("sun_distance = 5"), "instruments"),
        (rig("sun_distance = nan"), "instruments"),
        (rig("sun = 40"), "instruments"),
        (rig(f'[[instruments]]\nname = "{"balcony"}"'), "two instruments are called balcony"),
        (rig('[[scopes]]\nhost = "balcony"'), "two instruments are called balcony"),
        ('[[instruments]]\nname = "../up"', "no folder can have"),
        ('[[instruments]]\nname = ".hidden"', "begins with a point"),
        ("[[instruments]]\n", "name is missing"),
    ],
)
def test_what_does_not_fit_together_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(write(tmp_path, text), {})
    assert why in f"{refused.value.what} {refused.value.why}"


def test_adding_one_keeps_the_users_own_file_and_what_was_there(tmp_path: Path) -> None:
    loaded = read_settings(write(tmp_path, rig()), {})
    roof = DeviceSettings(instrument="roof", role="camera", address="10.0.0.5:80", unique_id="c")
    save_instrument(loaded, InstrumentSettings(name="roof"), [roof])
    again = read_settings(loaded.path, {}).settings
    assert [each.name for each in again.instruments] == ["balcony", "roof"]
    assert [each.role for each in again.devices] == ["mount", "camera"]
    assert tomllib.loads(loaded.path.read_text()) == tomllib.loads(rig())
    with pytest.raises(SettingsError):
        save_instrument(read_settings(loaded.path, {}), InstrumentSettings(name="roof"), [])
    assert read_settings(loaded.path, {}).settings == again


def test_one_setting_of_a_device_is_changed_by_its_number(tmp_path: Path) -> None:
    loaded = read_settings(write(tmp_path, rig()), {})
    save_settings(loaded, {"devices.1.number": "2"})
    assert read_settings(loaded.path, {}).settings.devices[0].number == 2
    save_settings(read_settings(loaded.path, {}), {"instruments.1.settle": "10 s"})
    assert read_settings(loaded.path, {}).settings.instruments[0].settle == 10.0
