"""What surveys answer, read. Empty is a result; an error is not empty."""

import gzip
import os
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.time import Time

from crowdsky_tui.timeseries.quality import Quality
from crowdsky_tui.timeseries.surveys import aavso, asassn, atlas, gaia, ztf
from crowdsky_tui.timeseries.surveys.messages import (
    Form,
    SurveyPoints,
    SurveyRefused,
    SurveyRequest,
    TimeScale,
)
from crowdsky_tui.timeseries.surveys.read import READERS, read_survey

ZTF_HEAD = (
    "oid,expid,hjd,mjd,mag,magerr,catflags,filtercode,ra,dec,chi,sharp,filefracday,field,ccdid,"
    "qid,limitmag,magzp,magzprms,clrcoeff,clrcounc,exptime,airmass,programid\n"
)
ATLAS_HEAD = "###MJD m dm uJy duJy F err chi/N RA Dec x y maj min phi apfit mag5sig Sky Obs\n"
GAIA_HEAD = (
    "source_id,transit_id,band,time,mag,flux,flux_error,flux_over_error,rejected_by_photometry,"
    "rejected_by_variability,other_flags,solution_id\n"
)
AAVSO_HEAD = "JD@@@mag@@@uncert@@@fainterThan@@@band@@@by@@@comments@@@mtype@@@val\n"
ERROR_VOTABLE = b"""<?xml version="1.0"?>
<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">
<INFO name="QUERY_STATUS" value="ERROR">UsageFault: Internal error (invalid query)</INFO>
</RESOURCE></VOTABLE>"""
PAGE = b"<!DOCTYPE html>\n<html><body>Scheduled maintenance</body></html>"


def ztf_row(oid: int, mjd: float, mag: str, flags: int = 0, band: str = "zg") -> str:
    return f"{oid},1,0,{mjd},{mag},0.02,{flags},{band}," + ",".join("0" * 13) + ",30,1.1,1\n"


def atlas_row(mjd: float, flux: float, error: float, band: str = "o", err: int = 0) -> str:
    return f"{mjd} 15 0.1 {flux} {error} {band} {err} 1 10 20 5 5 2 2 0 0 19 20 01a\n"


def test_a_point_of_irsa_is_in_the_middle_of_its_exposure_and_flagged_rows_are_kept() -> None:
    raw = ZTF_HEAD + ztf_row(7, 58000.0, "15.5") + ztf_row(8, 57000.0, "15.7", 32768, "zr")

    read = ztf.read_irsa(raw.encode())

    assert read.scale is TimeScale.JD_UTC
    assert [each.series for each in read.points] == ["8", "7"]  # in order of time
    assert read.points[1].day == pytest.approx(2458000.5 + 15 / 86400, abs=1e-9)
    assert [each.flags for each in read.points] == [int(Quality.SURVEY), 0]


@pytest.mark.parametrize("mag", ["nan", "", "null", "1e99", "١٥", "15_5", "inf"])
def test_a_row_that_is_no_measurement_is_counted_not_guessed(mag: str) -> None:
    read = ztf.read_irsa((ZTF_HEAD + ztf_row(7, 58000.0, mag)).encode())

    assert (read.points, read.unread) == ((), 1)


def test_a_header_without_rows_is_empty_and_so_is_a_votable_with_an_empty_table() -> None:
    table = b"""<?xml version="1.0"?><VOTABLE version="1.3"><RESOURCE>
    <INFO name="QUERY_STATUS" value="OK"/><TABLE><FIELD name="oid" datatype="long"/>
    <DATA><TABLEDATA></TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"""
    for raw in (ZTF_HEAD.encode(), table):
        assert ztf.read_irsa(raw).points == ()


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n", PAGE, ERROR_VOTABLE, b"oid,mjd\n1,2\n", b"Service unavailable", b"\0\1", b"<?xml"],
    ids=["nothing", "blank", "page", "votable", "other columns", "words", "binary", "cut xml"],
)
@pytest.mark.parametrize("form", [Form.ZTF, Form.SNAD, Form.ATLAS, Form.AAVSO, Form.ASASSN])
def test_an_error_is_never_taken_for_empty(form: Form, raw: bytes) -> None:
    with pytest.raises(SurveyRefused) as refused:
        READERS[form](raw)
    assert refused.value.why


def test_what_irsa_says_in_its_votable_is_told() -> None:
    with pytest.raises(SurveyRefused, match=r"UsageFault"):
        ztf.read_irsa(ERROR_VOTABLE)


def test_the_second_door_is_read_and_an_empty_object_is_empty() -> None:
    raw = b'{"695": {"meta": {"filter": "zr"}, "lc": [{"mjd": 58000.0, "mag": 16.0}]}}'

    (point,) = ztf.read_snad(raw).points

    assert (point.band, point.series, point.mag, point.error) == ("zr", "695", 16.0, None)
    assert ztf.read_snad(b"{}").points == ()


def test_atlas_is_read_by_its_flux_with_limits_where_nothing_was_seen() -> None:
    raw = ATLAS_HEAD + "".join(
        (
            atlas_row(59000.0, 1000.0, 10.0),
            atlas_row(59001.0, -40.0, 10.0, "c"),
            atlas_row(59002.0, 49.9, 10.0),
            atlas_row(59003.0, 1000.0, 10.0, "t"),
            atlas_row(59004.0, 1000.0, 10.0, "o", 3),
            atlas_row(59005.0, 200_000.0, 10.0),
        )
    )

    read = atlas.read_atlas(raw.encode())

    seen, dark, faint, flagged, bright = read.points
    assert seen.mag == pytest.approx(16.4)
    assert seen.error == pytest.approx(0.0109, abs=1e-4)
    assert seen.day == pytest.approx(2459000.5 + 15 / 86400, abs=1e-9)
    assert dark.limit and dark.mag == pytest.approx(23.9 - 2.5 * np.log10(50.0), abs=1e-4)
    assert faint.limit
    assert flagged.flags == int(Quality.SURVEY)
    assert bright.flags == int(Quality.BRIGHT)
    assert read.unread == 1  # the filter t is skipped, and fails nothing
    assert atlas.read_atlas(ATLAS_HEAD.encode()).points == ()


def test_gaias_days_are_barycentric_tcb_and_its_rejections_are_kept() -> None:
    row = "42,1,G,2000.25,12.5,1e4,1,1000,{},false,0,1\n"
    raw = (
        GAIA_HEAD + row.format("false") + row.format("true") + "42,1,XX,1,1,1,1,1,false,false,0,1\n"
    )

    read = gaia.read_gaia(raw.encode())

    expected = Time(2455197.5 + 2000.25, format="jd", scale="tcb").tdb.jd
    assert read.points[0].day == pytest.approx(expected, abs=1e-8)  # a millisecond
    assert read.scale is TimeScale.BJD_TDB
    assert [each.flags for each in read.points] == [0, int(Quality.SURVEY)]
    assert read.points[0].error == pytest.approx(1.0857e-3, abs=1e-5)
    assert read.unread == 1


def test_gaias_wide_rows_hold_three_bands() -> None:
    raw = (
        "source_id,transit_id,g_transit_time,g_transit_mag,g_transit_flux_over_error,bp_obs_time,"
        "bp_mag,bp_flux_over_error,rp_obs_time,rp_mag,rp_flux_over_error,variability_flag_rp_reject\n"
        "42,1,2000,12.5,1000,2000.1,12.9,200,2000.2,11.9,200,true\n"
        "42,2,2001,12.6,1000,,,,,,,false\n"
    )

    read = gaia.read_gaia(raw.encode())

    assert [each.band for each in read.points] == ["G", "BP", "RP", "G"]
    assert [bool(each.flags) for each in read.points] == [False, False, True, False]


def test_a_source_without_epoch_photometry_answers_nothing_which_is_empty() -> None:
    assert gaia.read_gaia(b"").points == ()
    with pytest.raises(SurveyRefused):
        gaia.read_gaia(b"The auxiliary server is down")


def test_aavso_keeps_limits_and_kinds_of_magnitudes_apart_and_drops_steps() -> None:
    rows = (
        "2460000.5@@@12.1@@@0.02@@@0@@@V@@@ABC@@@fine, really@@@STD@@@V",
        "2460001.5@@@14.0@@@@@@1@@@Vis.@@@DEF@@@@@@STD@@@U",
        "2460002.5@@@-0.7@@@0@@@0@@@V@@@ABC@@@@@@DIF@@@Z",
        "2460003.5@@@0.0@@@@@@0@@@Vis.@@@ABC@@@@@@STEP@@@Z",
        "2460004.5@@@12.2@@@0.02@@@0@@@V@@@ABC@@@@@@STD@@@T",
    )

    read = aavso.read_live((AAVSO_HEAD + "\n".join(rows)).encode())

    assert [each.limit for each in read.points] == [False, True, False, False]
    assert [each.system for each in read.points] == ["STD", "STD", "DIFF", "STD"]
    assert read.points[1].error is None and read.points[2].error is None  # 0 is no error
    assert read.points[3].flags == int(Quality.SURVEY)
    assert read.unread == 1


def test_both_pipelines_of_asas_sn_are_read_and_named() -> None:
    first = (
        "HJD,UT Date,Camera,FWHM,Limit,mag,mag_err,flux(mJy),flux_err,Filter\n"
        "2458000.5,2017-09-04,be,1.5,16.0,12.3,0.02,40,1,V\n"
        "2458001.5,2017-09-05,bq,1.5,14.8,>14.814,99.990,0,1,g\n"
    )
    old = "hjd,camera,mag,mag_err,flux,flux_err\n2458000.5,ba,12.3,0.02,40,1\n"
    second = (
        "# asas_sn_id=1\njd,flux,flux_err,mag,mag_err,limit,fwhm,cam,asas_sn_id\n"
        "2458000.5,1,1,12.4,0.01,17,1.4,bA,1\n2458001.5,1,1,99.99,99.99,17.1,1.4,bt,1\n"
    )

    one, two = asassn.read_asassn(first.encode()), asassn.read_asassn(second.encode())

    assert (one.scale, two.scale) == (TimeScale.HJD_UTC, TimeScale.JD_UTC)
    assert [(each.band, each.limit, each.mag) for each in one.points] == [
        ("V", False, 12.3),
        ("g", True, 14.814),
    ]
    assert [(each.band, each.limit, each.mag) for each in two.points] == [
        ("V", False, 12.4),
        ("g", True, 17.1),
    ]
    assert {each.series[0] for each in one.points} == {"1"}
    assert {each.series[0] for each in two.points} == {"2"}
    assert asassn.read_asassn(old.encode()).points[0].band == "V"


def satellite_file(mission: str) -> bytes:
    columns = [
        fits.Column("TIME", "D", array=np.array([1000.0, 1001.0, np.nan, 1003.0])),
        fits.Column("PDCSAP_FLUX", "E", array=np.array([100.0, 100.0, 100.0, np.nan])),
        fits.Column("PDCSAP_FLUX_ERR", "E", array=np.full(4, 0.1)),
        fits.Column("QUALITY", "J", array=np.array([0, 16, 0, 0])),
    ]
    primary = fits.PrimaryHDU()
    primary.header["TELESCOP"] = mission
    table = fits.BinTableHDU.from_columns(columns)
    buffer = BytesIO()
    fits.HDUList([primary, table]).writeto(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(("mission", "zero"), [("TESS", 2457000.0), ("Kepler", 2454833.0)])
def test_a_satellites_flagged_cadences_are_left_out(mission: str, zero: float) -> None:
    read = READERS[Form.SATELLITE](satellite_file(mission))

    (point,) = read.points
    assert point.day == zero + 1000.0
    assert point.mag == pytest.approx(15.44, abs=1e-4)
    assert (read.scale, read.unread) == (TimeScale.BJD_TDB, 3)
    with pytest.raises(SurveyRefused):
        READERS[Form.SATELLITE](b"SIMPLE  = nonsense")


def test_a_file_is_read_plain_or_packed_and_in_pieces(tmp_path: Path) -> None:
    raw = (ZTF_HEAD + "".join(ztf_row(7, 58000.0 + k, "15.5") for k in range(10))).encode()
    plain, packed = tmp_path / "a.csv", tmp_path / "a.csv.gz"
    plain.write_bytes(raw)
    packed.write_bytes(gzip.compress(raw))

    def read(path: Path, first: int = 0) -> SurveyPoints:
        return read_survey(SurveyRequest(os.fsencode(path), Form.ZTF, first, 4))

    assert read(plain) == read(packed)
    assert [len(read(plain, first).points) for first in (0, 4, 8, 12)] == [4, 4, 2, 0]
    assert read(plain).total == 10
    packed.write_bytes(gzip.compress(raw)[:-20])
    with pytest.raises(SurveyRefused):
        read(packed)
