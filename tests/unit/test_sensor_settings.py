"""Settings of sensors: read with units, numbered like telescopes, refused where they differ."""

from pathlib import Path

import pytest

from crowdsky_tui.base.errors import SettingsError
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.config.values import flat, source_of
from crowdsky_tui.config.write import forget_settings, save_settings

TWO = """
[[sensors]]
name = "roof"
kind = "sqm"
address = "192.0.2.7:10001"
period = "5 min"
limit = "10 min"

[[sensors]]
kind = "boltwood"
address = "/srv/weather/boltwood.txt"
zone = "Europe/Vienna"

[safety]
on_unsafe = "park"
delay = "20 min"
"""


def written(folder: Path, text: str = TWO) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    return path


def test_sensors_are_read_with_their_units(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path), {}).settings
    roof, station = settings.sensors
    assert (roof.label, roof.kind, roof.period, roof.limit) == ("roof", "sqm", 300.0, 600.0)
    assert (station.label, station.limit, station.safety) == ("boltwood", 180.0, "auto")
    assert (settings.safety.on_unsafe, settings.safety.delay) == ("park", 20.0)


def test_without_any_there_are_none_and_nothing_is_done() -> None:
    settings = read_settings(None, {}).settings
    assert settings.sensors == ()
    assert settings.safety.on_unsafe == "tell"


def test_one_setting_of_a_sensor_is_set_told_and_taken_back(tmp_path: Path) -> None:
    path = written(tmp_path)
    save_settings(read_settings(path, {}), {"sensors.1.limit": "4 min"})
    loaded = read_settings(path, {})
    assert [each.limit for each in loaded.settings.sensors] == [240.0, 180.0]
    assert flat(loaded.settings)["sensors.1.limit"] == 240.0
    assert source_of(loaded, "sensors.1.limit").endswith("config.local.toml")
    assert source_of(loaded, "sensors.2.limit") == "default"
    forget_settings(loaded, ["sensors.1.limit"])
    assert read_settings(path, {}).settings.sensors[0].limit == 180.0
    with pytest.raises(SettingsError, match="there are 2 sensors"):
        save_settings(read_settings(path, {}), {"sensors.3.limit": "60"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[sensors]]\nkind = "sqm"\n', "address is missing"),
        ('[[sensors]]\naddress = "/dev/a"\n[[sensors]]\naddress = "/dev/b"\n', "two sensors"),
        ('[[sensors]]\naddress = "/dev/a"\nkind = "barometer"\n', "kind"),
        ('[[sensors]]\naddress = "/dev/a"\nlimit = "soon"\n', "limit"),
        ('[[sensors]]\naddress = "/dev/a"\nlimit = 1\n', "limit"),
        ('[[sensors]]\naddress = "/dev/a"\nzone = "Mars/Base"\n', "Mars"),
        ('[[sensors]]\naddres = "/dev/a"\n', "Did you mean sensors.address"),
        ("[safety]\ncloudy = -10\nvery_cloudy = -20\n", "very_cloudy"),
        ('[safety]\non_unsafe = "panic"\n', "on_unsafe"),
    ],
)
def test_what_contradicts_itself_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings(written(tmp_path, text), {})
    assert said in str(refused.value)
