"""A field's stars from every kind of file, and their motion."""

import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import MaskedColumn, Table

from crowdsky_tui.photometry.field_catalogue import FieldCatalogue, read_field
from crowdsky_tui.timeseries.errors import CurveRefused


def read(folder: Path, text: str, name: str = "stars.csv") -> FieldCatalogue:
    path = folder / name
    path.write_text(text)
    return read_field(path)


@pytest.mark.parametrize(
    "text",
    [
        "name,ra,dec,Vmag\nA,266.5,-54.25,11.5\n",
        "\ufeff# stars\nStar;RAJ2000;DEJ2000;vmag\nA;17:46:00;-54:15:00;11,5\n",
        "main_id\tRA_ICRS\tDE_ICRS\tV\nA\t17 46 00\t-54 15 00\t11.5\n",
        "designation|_RA|_DE|gaia_vmag\nA|17h46m00s|-54d15m00s|11.5\n",
    ],
)
def test_tables_with_any_delimiter_and_names(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    assert found.names == ("A",)
    assert found.ra_deg[0] == pytest.approx(266.5)
    assert found.dec_deg[0] == pytest.approx(-54.25)
    assert found.mags[0] == pytest.approx(11.5)


@pytest.mark.parametrize("ra", ["24:00:00", "266:30:00", "12:60:00", "1_2", "nan", "360.0", "-1"])
def test_a_right_ascension_that_is_none_is_left_out(tmp_path: Path, ra: str) -> None:
    found = read(tmp_path, f"name,ra,dec\nA,{ra},1\nB,10,1\n")
    assert found.names == ("B",)


def test_a_small_negative_declination_keeps_its_sign(tmp_path: Path) -> None:
    assert read(tmp_path, "ra,dec\n10,-00:30:00\n").dec_deg[0] == pytest.approx(-0.5)


def test_star_tab_of_a_servers_frame_is_found_by_its_name(tmp_path: Path) -> None:
    other = Table({"ra": [1.0], "dec": [2.0]})
    stars = Table(
        {
            "x": [5.0, 6.0, 7.0],
            "ra": [10.0, 10.1, 10.2],
            "dec": [20.0, 20.1, 20.2],
            "gaia_id": np.array([4611686018427387904, 0, 77]),
            "gaia_gmag": [11.8, np.nan, 12.0],
            "gaia_vmag": [12.0, np.nan, 12.5],
        }
    )
    path = tmp_path / "frame.fit"
    fits.HDUList(
        [
            fits.PrimaryHDU(),
            fits.BinTableHDU(other, name="OTHER"),
            fits.BinTableHDU(stars, name="STAR-TAB"),
        ]
    ).writeto(path)
    found = read_field(path)
    assert found.names[0] == "4611686018427387904"
    assert found.names[1] == "10.10000+20.10000"
    assert np.isnan(found.mags[1])
    assert found.colour_kind == "V-G"
    assert found.colours[2] == pytest.approx(0.5)


def test_the_first_table_of_other_fits_files(tmp_path: Path) -> None:
    path = tmp_path / "t.fits"
    table = Table({"NAME": [b"A"], "RA": [10.0], "DEC": [20.0], "VMAG": [9.0]})
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU(table)]).writeto(path)
    assert read_field(path).names == ("A",)


def test_units_of_an_ecsv_win_and_masks_are_unknown(tmp_path: Path) -> None:
    table = Table({"ra": [np.pi], "dec": [0.5], "vmag": MaskedColumn([9.0], mask=[True])})
    table["ra"].unit, table["dec"].unit = "rad", "rad"
    path = tmp_path / "t.ecsv"
    table.write(path, format="ascii.ecsv")
    found = read_field(path)
    assert found.ra_deg[0] == pytest.approx(180.0)
    assert np.isnan(found.mags[0])


def test_ucds_of_a_votable_beat_its_names(tmp_path: Path) -> None:
    text = """<?xml version="1.0"?>
<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE>
<FIELD name="ra" datatype="double"/>
<FIELD name="alpha2" datatype="double" unit="deg" ucd="pos.eq.ra;meta.main"/>
<FIELD name="delta2" datatype="double" unit="deg" ucd="pos.eq.dec;meta.main"/>
<DATA><TABLEDATA><TR><TD>1</TD><TD>10.5</TD><TD>-3.5</TD></TR></TABLEDATA></DATA>
</TABLE></RESOURCE></VOTABLE>"""
    found = read(tmp_path, text, "t.vot")
    assert (found.ra_deg[0], found.dec_deg[0]) == (10.5, -3.5)


def test_a_votable_that_is_an_error_is_no_empty_catalogue(tmp_path: Path) -> None:
    text = """<?xml version="1.0"?>
<VOTABLE version="1.3"><RESOURCE><INFO name="QUERY_STATUS" value="ERROR">no</INFO>
</RESOURCE></VOTABLE>"""
    with pytest.raises(CurveRefused):
        read(tmp_path, text, "t.vot")


def test_a_comparison_sequence_of_the_aavso(tmp_path: Path) -> None:
    document = {
        "chartid": "X16382L",
        "photometry": [
            {
                "auid": "000-BBW-968",
                "ra": "16:05:29.58",
                "dec": "66:59:17.3",
                "label": "89",
                "bands": [
                    {"band": "V", "mag": 8.921, "error": 0.034},
                    {"band": "B", "mag": 9.5},
                    {"band": "Ic", "mag": 8.0},
                ],
            }
        ],
    }
    found = read(tmp_path, json.dumps(document), "vsp.json")
    assert found.names == ("000-BBW-968",)
    assert found.ra_deg[0] == pytest.approx(241.37325)
    assert found.mags[0] == 8.921 and found.mag_errors[0] == 0.034
    assert found.colours[0] == pytest.approx(0.579)
    assert found.colour_kind == "B-V"


def test_a_hundred_mas_a_year_is_an_arcsecond_in_ten_years(tmp_path: Path) -> None:
    found = read(tmp_path, "ra,dec,pmra,pmdec,ref_epoch\n100,60,100,-100,2016\n")
    ra, dec = found.at(2026.0)
    assert (ra[0] - 100) * np.cos(np.radians(60)) * 3600 == pytest.approx(1.0, abs=1e-4)
    assert (dec[0] - 60) * 3600 == pytest.approx(-1.0, abs=1e-4)


def test_motion_goes_over_zero_hours(tmp_path: Path) -> None:
    found = read(tmp_path, "ra,dec,pmra,pmdec,ref_epoch\n359.9999,0,1000,0,2016\n")
    assert found.at(2026.0)[0][0] == pytest.approx(0.0026778, abs=1e-6)


@pytest.mark.parametrize(
    "text", ["", "name,mag\nA,1\n", "ra,dec\nx,y\n", "{}", '{"photometry": []}', "\0\0", "<VOTABLE"]
)
def test_what_is_no_catalogue_is_refused_by_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(CurveRefused, match=r"stars\.csv is no catalogue"):
        read(tmp_path, text)
