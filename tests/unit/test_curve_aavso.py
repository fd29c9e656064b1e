"""AAVSO Extended files: re-read strictly, and spoiled ones refused by their line."""

import msgspec
import pytest
from aavso_reader import LineRefused, read_report

from crowdsky_tui.curves.aavso import (
    FILTERS,
    Observation,
    check_file,
    extended_file,
    filter_code,
)
from crowdsky_tui.timeseries.errors import CurveRefused

NOW = 2461373.0
POINT = Observation(
    name="T DRA", date=2461365.43175347, mag=11.235, error=0.0234, filter="TG",
    check="105", check_mag=10.593, airmass=1.561, chart="X16382L", notes=(("KREFMAG", "10.59"),),
)  # fmt: skip
HEAD = "#TYPE=EXTENDED\n#OBSCODE=TST01\n#SOFTWARE=ours 1\n#DELIM=,\n#DATE=JD\n#OBSTYPE=CCD\n"
LINE = "SS CYG,2450702.1234,11.235,0.003,B,NO,STD,ENSEMBLE,na,105,10.593,1.561,1,X16382L,na"
GREEN = LINE.replace(",B,", ",TG,").replace("0.003", "0.023")


def report(*observations: Observation, **more: object) -> str:
    asked = {"observer": "TST01", "software": "ours 1", "now_jd": NOW, "floor_mag": 0.02} | more
    return extended_file(observations, **asked)  # type: ignore[arg-type]


def reread(text: str) -> list[dict[str, str]]:
    """By the table of the format alone, strictly."""
    return read_report(text, now_jd=NOW).rows


def test_a_report_reads_back_as_it_was_meant() -> None:
    limit = msgspec.structs.replace(POINT, date=2461365.5, mag=16.0, error=None, limit=True)
    first, second = reread(report(POINT, limit, comments=["run 1", "über"]))
    assert first["NAME"] == "T DRA" and first["DATE"] == "2461365.431753"
    assert (first["MAG"], first["MERR"], first["FILT"]) == ("11.235", "0.024", "TG")
    assert first["NOTES"] == "|KREFMAG=10.59" and first["CMAG"] == "na"
    assert (second["MAG"], second["MERR"]) == ("<16.000", "na")


def test_a_delimiter_in_a_field_is_replaced() -> None:
    (row,) = reread(report(msgspec.structs.replace(POINT, chart="Gaia, own")))
    assert row["CHART"] == "Gaia; own"


def test_equal_inputs_make_equal_bytes() -> None:
    assert report(POINT) == report(POINT)


def test_the_line_of_the_formats_own_page_is_taken() -> None:
    assert check_file(HEAD + LINE, now_jd=NOW, bayer=False) == []


@pytest.mark.parametrize("word", ["comma", "tab", ";", "!", "|"])
def test_any_delimiter_of_the_format(word: str) -> None:
    sign = {"comma": ",", "tab": "\t"}.get(word, word)
    text = HEAD.replace("#DELIM=,", f"#DELIM={word}") + GREEN.replace(",", sign)
    assert check_file(text, now_jd=NOW) == []


SPOILED = {
    "fields": GREEN.removesuffix(",na"),
    "with a dot": GREEN.replace("11.235", "11"),
    "MERR": GREEN.replace("0.023", "1.000"),
    "below the measured floor": GREEN.replace("0.023", "0.003"),
    "no error": GREEN.replace("0.023", "0.0"),
    "none of the AAVSO's": GREEN.replace(",TG,", ",LP,"),
    "unless it is transformed": GREEN.replace(",TG,", ",V,"),
    "without a filter": GREEN.replace(",TG,", ",CV,"),
    "neither YES nor NO": GREEN.replace(",NO,", ",N,"),
    "MTYPE": GREEN.replace(",STD,", ",STEP,"),
    "CNAME is required": GREEN.replace(",STD,", ",DIF,"),
    "CMAG of an ensemble": GREEN.replace("ENSEMBLE,na", "ENSEMBLE,9.5"),
    "future": GREEN.replace("2450702.1234", "2461374.0"),
    "no Julian date": GREEN.replace("2450702.1234", "50702.1"),
    "longer than 30": GREEN.replace("SS CYG", "S" * 31),
    "NAME is unknown": GREEN.replace("SS CYG", "na"),
    "is empty: it must be na": GREEN.replace(",105,", ",,"),
    "AMASS": GREEN.replace("1.561,", "0.5,"),
    "GROUP": GREEN.replace(",1,X", ",one,X"),
    "CHART": GREEN.replace("X16382L", "na"),
    "fainter-than": GREEN.replace("11.235", "<11.235"),
    "it is empty": "\n" + GREEN,
    "printable ASCII": GREEN.replace("SS CYG", "SS CŸG"),
    "nan": GREEN.replace("11.235", "nan.0"),
}


@pytest.mark.parametrize("why", SPOILED)
def test_a_spoiled_line_is_refused_by_its_number(why: str) -> None:
    text = HEAD + GREEN.replace("SS CYG", "OTHER") + "\n" + SPOILED[why]
    (refused,) = check_file(text, now_jd=NOW, floor_mag=0.02)[:1]
    assert why in refused.why
    assert refused.line == 8


OURS_ALONE = ("below the measured floor",)


@pytest.mark.parametrize("why", [each for each in SPOILED if each not in OURS_ALONE])
def test_an_independent_reader_refuses_the_same_line(why: str) -> None:
    text = HEAD + GREEN.replace("SS CYG", "OTHER") + "\n" + SPOILED[why]
    with pytest.raises(LineRefused) as refused:
        read_report(text, now_jd=NOW)
    assert refused.value.line == 8
    assert read_report(HEAD + GREEN, now_jd=NOW).rows[0]["NAME"] == "SS CYG"


def test_the_same_observation_twice_is_refused() -> None:
    (refused,) = check_file(f"{HEAD}{GREEN}\n{GREEN}\n", now_jd=NOW)
    assert (refused.line, refused.why) == (8, "it is the same observation as line 7")


@pytest.mark.parametrize("name", ["TYPE", "OBSCODE", "SOFTWARE", "DELIM", "DATE"])
def test_each_required_parameter_is_missed(name: str) -> None:
    kept = [line for line in HEAD.splitlines() if not line.startswith(f"#{name}=")]
    refused = check_file("\n".join([*kept, GREEN]), now_jd=NOW)
    assert f"#{name}=" in refused[0].why


@pytest.mark.parametrize(
    "line", ["#TYPE=VISUAL", "#OBSCODE=", "#DELIM=# ", "#DATE=MJD", "#OBSTYPE=PHOTO",
             "#SOFTWARE=" + "x" * 256],
)  # fmt: skip
def test_parameters_have_their_values_only(line: str) -> None:
    assert check_file(f"{HEAD}{line}\n{GREEN}", now_jd=NOW)[0].line == 7


def test_nothing_is_written_where_one_line_is_refused() -> None:
    spoiled = msgspec.structs.replace(POINT, date=2461365.5, error=0.001)
    with pytest.raises(CurveRefused, match=r"line 9: MERR 0\.001 is below the measured floor"):
        report(POINT, spoiled)


def test_an_empty_report_is_not_written() -> None:
    with pytest.raises(CurveRefused, match="no observation"):
        report()


def test_only_green_behind_the_ircut_filter_has_a_code() -> None:
    assert filter_code("IRCUT") == "TG"
    for name in ("LP", "", "V", "DUAL"):
        with pytest.raises(CurveRefused, match="no code"):
            filter_code(name)
    assert "LP" not in FILTERS


def test_an_error_is_never_rounded_below_the_floor() -> None:
    (row,) = reread(report(msgspec.structs.replace(POINT, error=0.0234), floor_mag=0.0234))
    assert row["MERR"] == "0.024"
