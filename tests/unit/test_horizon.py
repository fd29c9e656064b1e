"""The horizon: outlines, north, overlaps; and files of other programs, read and written."""

import math
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.config.site_settings import SiteSettings
from crowdsky_tui.site.horizon import Horizon, outline_of_line, with_tree
from crowdsky_tui.site.horizon_export import FORMATS, export_horizon
from crowdsky_tui.site.horizon_files import HorizonRefused, import_horizon, read_horizon

PANOPTES = [[[10, 355], [10, 5]], [[-5, 4], [15, 10]]]
NINA = (
    b"0 14\n5 69\n55 77\n90 70\n105 35\n115 10\n120 24\n135 25\n145 30\n205 20\n230 23\n235 14\n"
    b"240 14\n265 33\n285 33\n350 20\n360 14\n"
)


def test_panoptes_own_horizon() -> None:
    horizon = Horizon(PANOPTES)
    assert horizon.altitude_deg(0) == horizon.altitude_deg(360) == horizon.altitude_deg(-360) == 10
    assert horizon.altitude_deg(20) == 30
    assert horizon.altitude_deg(4) == 10, "of two that overlap the higher"
    assert horizon.altitude_deg(5) == 10
    assert horizon.altitude_deg(5.1) == pytest.approx(-1.333, abs=1e-3)
    assert horizon.altitude_deg(9.9) > 0
    assert len(horizon.line) == 361 and horizon.line[0] == horizon.line[360] == 10


def test_negative_azimuths_and_the_default() -> None:
    horizon = Horizon([[[20, -10], [20, 10]]], 12)
    assert horizon.altitude_deg(350) == horizon.altitude_deg(0) == horizon.altitude_deg(10) == 20
    assert horizon.altitude_deg(349.9) == horizon.altitude_deg(10.1) == 12
    assert Horizon().line == (30.0,) * 361
    assert Horizon.of_site(SiteSettings(horizon=15)).line == (15.0,) * 361


def test_a_wall_counts_with_its_top_and_a_circle_is_closed() -> None:
    wall = Horizon([[[0, 10], [0, 20], [40, 20], [40, 30]]], 5)
    assert [wall.altitude_deg(az) for az in (19.999, 20, 25, 30, 30.001)] == [0, 40, 40, 40, 5]
    circle = Horizon([[[10, 0], [25, 40], [12, 71], [10, 359]]], 15)
    assert circle.altitude_deg(359.5) == 10, "no spike between the last point and the first"
    whole = Horizon([[[10, 0], [20, 180], [30, 360]]], 15)
    assert whole.altitude_deg(359) == pytest.approx(30 - 10 / 180)
    assert whole.altitude_deg(0) == whole.altitude_deg(360) == 30


def test_what_stands_free() -> None:
    horizon = Horizon([[[40, 30], [40, 75]]], 20)
    assert horizon.clears(41, 50) and not horizon.clears(39, 50) and horizon.clears(21, 80)


@settings(max_examples=30)
@given(some.lists(some.integers(-90, 90), min_size=361, max_size=361))
def test_a_line_and_its_outline_are_one_horizon(line: list[int]) -> None:
    line[360] = line[0]
    drawn = Horizon([outline_of_line(line)])
    assert drawn.line == pytest.approx(line)
    assert drawn.altitude_deg(100.5) == pytest.approx((line[100] + line[101]) / 2)


def test_a_tree_raises_the_line_and_never_lowers_it() -> None:
    line = with_tree([10.0] * 361, 350, 5, 40)
    assert {az for az, altitude in enumerate(line) if altitude == 40} == {
        *range(350, 361), *range(6)
    }  # fmt: skip
    assert with_tree(line, 0, 20, 15)[0] == 40 and with_tree(line, 0, 20, 15)[20] == 15


# Files


def test_ninas_own_values() -> None:
    horizon = Horizon(read_horizon(NINA, "trees.hrz"))
    assert horizon.altitude_deg(359) == pytest.approx(14.6)
    assert horizon.altitude_deg(100) == pytest.approx(46.667, abs=1e-3)
    assert horizon.altitude_deg(200) == pytest.approx(20.833, abs=1e-3)
    open_north = Horizon(read_horizon(b"# mine\n45.2 30\n270 10\n300 20\n", "trees.hrz"))
    assert open_north.altitude_deg(0) == 30
    assert open_north.altitude_deg(359) == pytest.approx(29.833, abs=1e-3)


@pytest.mark.parametrize(
    "text",
    ["0,10\n90;20\n180\t30\n", "\ufeff10 0\r\n20 90\r\n30 180\r\n",
     "; x\n0° 10°\n90 20 # y\n180 30",
     "[[10, 0], [20, 90], [30, 180]]", "[[20, 90],\n [10, 0], [30, 180]]",
     "azimuth_deg,altitude_deg\n0,10\n90,20\n180,30\n",
     "point;Elevation;Azimuth;note\n1;10;0;door\n2;20;90;oak\n3;30;180;\n"],
)  # fmt: skip
def test_one_horizon_in_many_forms(text: str) -> None:
    horizon = Horizon(read_horizon(text.encode(), "x.txt"))
    assert [horizon.altitude_deg(az) for az in (0, 45, 90, 180)] == [10, 15, 20, 30]
    assert horizon.altitude_deg(360) == 10


@pytest.mark.parametrize("text", ["10 20\n30 40\n", "40 20\n30 10\n", "5 5\n5 5\n"])
def test_two_columns_that_can_be_read_two_ways_are_refused_until_their_head_says_which(
    text: str,
) -> None:
    with pytest.raises(HorizonRefused, match=r"the other way round.*azimuth altitude"):
        read_horizon(text.encode(), "trees.hrz")
    (as_written,) = read_horizon(f"azimuth altitude\n{text}".encode(), "trees.hrz")
    (turned,) = read_horizon(f"altitude azimuth\n{text}".encode(), "trees.hrz")
    first, second = (float(each) for each in text.split()[-2:])
    assert (second, first) in as_written and (first, second) in turned


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("0 30\n45 10\n80 20\n", (10, 45)),
        ("30 0\n10 45\n20 80\n", (10, 45)),
        ("10 0\n20 90\n", (20, 90)),
    ],
)
def test_where_no_number_passes_90_the_azimuth_is_the_column_that_reaches_it_or_grows(
    text: str, point: tuple[float, float]
) -> None:
    (outline,) = read_horizon(text.encode(), "trees.hrz")
    assert point in outline


def test_of_equal_azimuths_the_later_line_counts() -> None:
    horizon = Horizon(read_horizon(b"0 10\n90 20\n90 25\n", "x.hrz"))
    assert horizon.altitude_deg(90) == 25


@pytest.mark.parametrize(
    "text",
    [
        "obstructions:\n- [[10, 355], [10, 5]]\n- - [-5, 4]\n  - [15, 10]\n",
        "location:\n  obstructions: [[[10, 355], [10, 5]], [[-5, 4], [15, 10]]]\n",
        "[site]\nobstructions = [[[10, 355], [10, 5]], [[-5, 4], [15, 10]]]\n",
        "[[[10, 355], [10, 5]], [[-5, 4], [15, 10]]]",
    ],
)
def test_panoptes_files(text: str) -> None:
    assert Horizon(read_horizon(text.encode(), "pocs.yaml")).line == Horizon(PANOPTES).line


def test_the_sky_s_list_of_altitudes() -> None:
    text = "".join(f"{az % 90}\n" for az in range(360))
    horizon = Horizon(read_horizon(text.encode(), "x.hrz"))
    assert horizon.altitude_deg(100) == 10 and horizon.altitude_deg(360) == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("# only words\n", "empty"),
        ("10 20\nhouse tree\n", "line 2"),
        ("10 20\n\n20 30 40\n", "line 3"),
        ("10 20\n400 20\n", "line 2"),
        ("10 95\n180 20\n10 95", "which is the altitude"),
        ("180 -95\n", "which is the altitude"),
        ("10 20\n", "less than two"),
        ("10 nan\n20 30", "line 1"),
        ("1\n2\n3\n", "360 altitudes"),
        ("azimuth,altitude\n10,20\n20\n", "line 3"),
        ("azimuth,name\n10,20\n", "altitude"),
        ("[[10, 5]]", "two points"),
        ("[[10, 5],\n [95, 20]]", "line 2"),
        ("[[[10, 5], [10, 355], [10, 10]]]", "clockwise"),
        ('[[[10, 5], [10, 15]],\n [["a", 5], [10, 10]]]', "line 2"),
        ("[[10, 5], [20, 10]", "line 1"),
        ("obstructions: {}\n", "obstructions"),
        ("obstructions = [[\n", "line"),
        ("{}", "obstructions"),
        ("[" * 5000, "neither JSON nor YAML"),
        ("\0\1\2", "no text"),
    ],
    ids=lambda text: text[:20],
)
def test_what_is_no_horizon_is_refused_with_its_line(text: str, why: str) -> None:
    with pytest.raises(HorizonRefused) as caught:
        read_horizon(text.encode(), "trees.txt")
    assert why in str(caught.value) and "trees.txt" in str(caught.value)


def landscape(folder: Path, points: str, *lines: str) -> Path:
    folder.mkdir(exist_ok=True)
    said = ["[landscape]", "name = Garden", "polygonal_horizon_list = horizon.txt", *lines]
    (folder / "landscape.ini").write_text("\n".join(said))
    (folder / "horizon.txt").write_text(points)
    return folder


def test_stellarium_in_all_its_units(tmp_path: Path) -> None:
    degrees = [(0, 10), (90, 20), (180, 30), (270, 25)]
    for unit, size in (("Deg", 1), ("Rad", math.radians(1)), ("Grad", 10 / 9)):
        for kind in ("alt", "zd"):
            rows = [(az, alt if kind == "alt" else 90 - alt) for az, alt in degrees]
            points = "".join(f"{az * size:.9f} {up * size:.9f}\n" for az, up in rows)
            mode = f"polygonal_horizon_list_mode = az{unit}_{kind}{unit}"
            folder = landscape(tmp_path / "garden", points, mode)
            for path in (folder, folder / "landscape.ini"):
                horizon = Horizon(import_horizon(path))
                assert [horizon.altitude_deg(az) for az in (0, 45, 315)] == pytest.approx(
                    [10, 15, 17.5], abs=1e-6
                ), mode


def test_stellarium_in_a_zip_and_what_of_it_is_refused(tmp_path: Path) -> None:
    folder = landscape(tmp_path / "garden", "0 10\n180 30\n")
    path = tmp_path / "garden.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for each in folder.iterdir():
            archive.write(each, f"garden/{each.name}")
    assert Horizon(import_horizon(path)).altitude_deg(270) == 20
    renamed = path.rename(tmp_path / "garden.landscape")
    assert Horizon(import_horizon(renamed)).altitude_deg(270) == 20, "its content tells what it is"
    for lines, points, why in (
        (("polygonal_angle_rotatez = 5",), "0 10\n180 30\n", "turns"),
        (("polygonal_angle_rotatez = -0.0001",), "0 10\n180 x\n", "line 2"),
        (("polygonal_horizon_list_mode = azMil_altMil",), "0 10\n", "mode"),
        (("polygonal_horizon_list = ../../secret",), "0 10\n", "beside it"),
    ):
        with pytest.raises(HorizonRefused, match=why):
            import_horizon(landscape(tmp_path / "garden", points, *lines))
    (tmp_path / "no.zip").write_bytes(b"PK nothing")
    with pytest.raises(HorizonRefused, match="zip"):
        import_horizon(tmp_path / "no.zip")
    with pytest.raises(HorizonRefused):
        import_horizon(tmp_path / "missing.hrz")


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_what_is_exported_comes_back(tmp_path: Path, form: str) -> None:
    horizon = Horizon([[[40, 330], [50, 20]], [[10, 100], [10, 200]]], 15)
    path = tmp_path / f"mine{FORMATS[form][0]}"
    assert export_horizon(horizon, path) == form
    again = Horizon(import_horizon(path), 15)
    assert again.line == pytest.approx(horizon.line, abs=0.01)


def test_an_unknown_ending_names_the_formats(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="stellarium"):
        export_horizon(Horizon(), tmp_path / "mine.doc")
