"""The site in the settings: units, what is unset, half set or wrong; and the verb `config`."""

import json
import math
from pathlib import Path

import pytest

from crowdsky_tui.base.errors import ExitCode, SettingsError
from crowdsky_tui.base.redaction import hide_for_file
from crowdsky_tui.base.secret_forms import MASK
from crowdsky_tui.cli.main import main
from crowdsky_tui.config.editor import SettingsBook
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.config.site_settings import read_obstructions
from crowdsky_tui.config.units import DEGREES, GIGABYTES, HOURS, METRES, MINUTES, SECONDS, Unit
from crowdsky_tui.config.values import flat

LATITUDE, LONGITUDE = 47.95391, 14.79081


def config(folder: Path, text: str = "") -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("unit", "value", "number"),
    [
        (DEGREES, "30 deg", 30),
        (DEGREES, "30°", 30),
        (DEGREES, "-12deg", -12),
        (DEGREES, "−12 °", -12),
        (DEGREES, "0.5 rad", math.degrees(0.5)),
        (DEGREES, "1800 arcmin", 30),
        (DEGREES, "30", 30),
        (DEGREES, 30, 30),
        (METRES, "200 m", 200),
        (METRES, "0.2 km", 200),
        (METRES, "656 ft", 199.9488),
        (SECONDS, "15 min", 900),
        (MINUTES, "2 h", 120),
        (MINUTES, 15, 15),
        (HOURS, "1 d", 24),
        (GIGABYTES, "500 MB", 0.5),
    ],
)
def test_a_value_with_a_unit_is_a_number_in_the_settings_own(
    unit: Unit, value: object, number: float
) -> None:
    assert unit.read(value) == pytest.approx(number, abs=1e-9)


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        (DEGREES, "11 pm"),
        (DEGREES, 10**400),
        (HOURS, -(10**400)),
        (DEGREES, "10 m"),
        (DEGREES, "30 degr"),
        (DEGREES, "Cam s"),
        (DEGREES, "d"),
        (DEGREES, "nan"),
        (DEGREES, float("nan")),
        (DEGREES, float("inf")),
        (DEGREES, "1e999 deg"),
        (DEGREES, True),
        (DEGREES, ""),
        (DEGREES, "1" * 400),
        (DEGREES, [30]),
        (METRES, "30 deg"),
        (METRES, "5 min"),
        (SECONDS, "10 m"),
        (MINUTES, "15 m"),
    ],
)
def test_anything_else_is_an_error_that_tells_the_accepted_forms(unit: Unit, value: object) -> None:
    with pytest.raises(ValueError, match=r'it takes \w+: \d+, "'):
        unit.read(value)


def test_the_site_is_unset_until_it_is_set(tmp_path: Path) -> None:
    site = Settings().site
    assert site.latitude is site.longitude is site.elevation is None
    assert (site.horizon, site.flat_horizon, site.focus_horizon, site.observe_horizon) == (
        30, -6, -12, -18,
    )  # fmt: skip
    path = config(tmp_path, "[site]\nlatitude = 0\nlongitude = 0.0")
    settings = read_settings(path, {}).settings
    assert settings.site.latitude == settings.site.longitude == 0
    assert flat(settings)["site.latitude"] == MASK, "0° is a place, too"


def test_fields_take_units_in_every_layer_and_are_kept_as_numbers(tmp_path: Path) -> None:
    path = config(
        tmp_path,
        '[site]\nlatitude = "48.2 deg"\nlongitude = "16°"\nelevation = "0.171 km"\n'
        'horizon = "0.5 rad"\n[stacking]\nblock_minutes = "0.5 h"\n[confirm]\ndeadline_h = "1 d"',
    )
    site = read_settings(path, {}).settings.site
    assert (site.latitude, site.longitude, site.elevation) == (48.2, 16, 171)
    assert read_settings(path, {}).settings.stacking.block_minutes == 30
    assert read_settings(path, {}).settings.confirm.deadline_h == 24
    SettingsBook(path, {}).save({"site.horizon": "37 deg", "stacking.min_exptime": "5 min"})
    kept = (tmp_path / "config.local.toml").read_text()
    assert "horizon = 37.0" in kept and "min_exptime = 300.0" in kept
    lines = {line.key: line.value for line in SettingsBook(path, {}).lines()}
    assert (lines["site.horizon"], lines["site.elevation"]) == ("37°", "171 m")
    assert lines["site.latitude"] == MASK


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("latitude = 91.25\nlongitude = 0", ["site.latitude", "90"]),
        ("latitude = 47.95391", ["belong together"]),
        ('latitude = "47.95391 north"\nlongitude = 1', ["site.latitude", "30°", "0.5 rad"]),
        ('elevation = "5 min"', ["site.elevation", "656 ft"]),
        ("horizon = [[10, 0], [20, 90]]", ["site.horizon", "30 deg"]),
        ('zone = "Mars/Base"', ["site", "Mars/Base"]),
        ("obstructions = [[[10, 5]]]", ["site", "two points"]),
        ("obstructions = [[[10], [20]]]", ["site.obstructions"]),
        ("obstructions = [[[95, 5], [10, 10]]]", ["-90° to 90°"]),
        ("obstructions = [[[10, 370], [10, 10]]]", ["-360° to 360°"]),
        ("obstructions = [[[10, 5], [10, 355], [10, 10]]]", ["clockwise"]),
        ('obstructions = [["tree", "house"]]', ["site.obstructions"]),
    ],
)
def test_a_wrong_site_is_one_clear_line_without_the_place(
    tmp_path: Path, text: str, words: list[str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(config(tmp_path, f"[site]\n{text}"), {})
    for word in words:
        assert word in str(caught.value)
    assert "47.95" not in str(caught.value) and "91.25" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [[[[10, 5]]], [[[10], [5, 5]]], [[[95, 5], [1, 9]]], [[[-95, 5], [1, 9]]],
     [[[5, 370], [1, 9]]], [[[5, -370], [1, 9]]], [[[10, 5], [10, 355], [10, 10]]]],
)  # fmt: skip
def test_outlines_that_are_none(wrong: object) -> None:
    with pytest.raises(ValueError, match="obstruction 1"):
        read_obstructions(wrong)


@pytest.mark.parametrize("wrong", ["tree", ["tree"], [["ab", "cd"]], [[["1", 2], [3, 4]]], 3])
def test_text_is_no_outline(wrong: object) -> None:
    with pytest.raises(TypeError):
        read_obstructions(wrong)


def test_coordinates_are_hidden_in_files_once_they_are_read(tmp_path: Path) -> None:
    path = config(tmp_path, f"[site]\nlatitude = {LATITUDE}\nlongitude = {LONGITUDE}")
    loaded = read_settings(path, {})
    assert "47.95" not in str(flat(loaded.settings))
    assert "47.95" not in hide_for_file(f"standing at {LATITUDE} and {LONGITUDE}")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(words)
    return code, capsys.readouterr().out


def test_config_get_of_a_setting_a_section_and_what_is_not_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = config(tmp_path, '[[scopes]]\nhost = "127.0.0.1"')
    get = ("--config", str(path), "config", "get")
    assert run(capsys, *get, "site.horizon") == (0, "30°\n")
    assert run(capsys, *get, "scopes[0].host") == (0, "127.0.0.1\n")
    assert run(capsys, *get, "scopes.1.host") == (0, "127.0.0.1\n")
    section = json.loads(run(capsys, *get, "site", "--json")[1])
    assert section["site.horizon"] == 30 and "site.obstructions" in section
    assert all(key.startswith("site.") for key in section)
    assert run(capsys, *get, "site.elevation", "--default", "171 m") == (0, "171 m\n")
    assert run(capsys, *get, "no.such", "--default", "x") == (0, "x\n")
    assert run(capsys, *get, "site.horizon", "--default", "x") == (0, "30°\n")
    assert run(capsys, *get, "no.such")[0] == ExitCode.USAGE


@pytest.mark.parametrize(
    ("key", "said"),
    [("site.latitud", "Did you mean site.latitude?"), ("scopes[0].host", "scopes[0].host is not")],
)
def test_config_get_of_an_unknown_key_says_what_is_near(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str, said: str
) -> None:
    path = config(tmp_path, "[site]\nhorizon = 20")
    assert main(["--config", str(path), "config", "get", key]) == ExitCode.USAGE
    assert said in capsys.readouterr().err


def test_config_unset_gives_the_other_layers_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = config(tmp_path, "[site]\nhorizon = 20")
    verb = ("--config", str(path), "config")
    pair = ("site.latitude", str(LATITUDE), "site.longitude", str(LONGITUDE))
    assert run(capsys, *verb, "set", "site.horizon", "37 deg", *pair)[0] == 0
    assert run(capsys, *verb, "get", "site.horizon")[1] == "37°\n"
    assert run(capsys, *verb, "unset", "site.horizon")[0] == 0
    assert run(capsys, *verb, "get", "site.horizon")[1] == "20°\n"
    assert run(capsys, *verb, "unset", "site.horizon")[0] != 0, "nothing is left to take back"
    assert run(capsys, *verb, "unset", "site")[0] == 0
    assert read_settings(path, {}).settings.site.latitude is None


def test_defaults_look_as_if_there_were_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = config(tmp_path, "[site]\nhorizon = 20")
    words = ("--config", str(path), "--defaults", "config", "get", "site.horizon")
    assert run(capsys, *words) == (0, "30°\n")
