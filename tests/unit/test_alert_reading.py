"""What sources of alerts say, read: shapes of real answers, and answers that are none."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowdsky_tui.plan.alerts.aavso import newest_notice, read_aavso
from crowdsky_tui.plan.alerts.alert import MOST_ALERTS, AlertsRead, Source
from crowdsky_tui.plan.alerts.asassn import LARGEST, read_asassn
from crowdsky_tui.plan.alerts.gcn import read_gcn
from crowdsky_tui.plan.alerts.pasted import read_pasted
from crowdsky_tui.plan.alerts.reading import NotUnderstood, magnitude, moment
from crowdsky_tui.plan.alerts.tns import (
    MOST_BYTES,
    files_wanted,
    read_tns_file,
    read_tns_json,
)
from crowdsky_tui.plan.alerts.vsx import read_vsp, read_vsx
from crowdsky_tui.plan.target import Kind
from crowdsky_tui.simulator.alert_sources import answers
from crowdsky_tui.simulator.alert_sources.answers import CH_CYG, Transient

AT = datetime(2026, 2, 27, 21, 36, tzinfo=UTC)
NOVA = Transient(name="2026abc", ra_deg=16.67808, dec_deg=-8.5, mag=9.4, at=AT, type="Nova")


def tool(*rows: Any) -> AlertsRead:
    return read_aavso(json.dumps({"targets": list(rows)}).encode())


# --- AAVSO ---------------------------------------------------------------------------------------


def test_a_campaign_of_the_target_tool_with_min_mag_as_its_faint_end() -> None:
    [star] = tool(CH_CYG).alerts
    assert (star.name, star.ra_deg, star.dec_deg) == ("CH Cyg", 291.13779, 50.24142)
    assert (star.bright, star.faint, star.cadence_d, star.priority) == (5.6, 10.1, 5.0, 4)
    assert star.link == "https://www.aavso.org/aavso-alert-notice-639"
    assert star.kind is Kind.MONITOR and "last by anybody 2026-02-09" in star.text


def test_a_newer_alert_notice_is_followed_up_and_an_old_one_monitored() -> None:
    body = json.dumps({"targets": [CH_CYG]}).encode()
    assert newest_notice(read_aavso(body)) == 639
    assert [read_aavso(body, n).alerts[0].kind for n in (638, 639)] == ["follow_up", "monitor"]


def test_key_names_of_later_versions_and_null_magnitudes() -> None:
    later = {
        "primaryName": "SS Cyg", "coordinates": {"raDeg": 325.678, "decDeg": 43.586},
        "recommendedCadence": 12, "cadenceUnit": "hour", "maximumMagnitude": None,
    }  # fmt: skip
    [star] = tool(later).alerts
    assert (star.name, star.cadence_d, star.bright) == ("SS Cyg", 0.5, None)


def test_spectra_are_refused_with_the_reason() -> None:
    read = tool(CH_CYG | {"filter": "Spectroscopy"})
    assert read.alerts == () and "spectra" in read.refused[0].reason


@pytest.mark.parametrize("body", [b'{"targets":[]}', b'{"targets":null}'])
def test_an_empty_list_holds_nothing(body: bytes) -> None:
    assert read_aavso(body) == AlertsRead()


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b'{"targets":[{"star_na', b"[]", b'{"targets":3}', b"[" * 100_000,
     b'{"targets":[{}]}', b"\xff\xfe"],
)  # fmt: skip
def test_an_answer_that_is_none_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(NotUnderstood, match="Target Tool"):
        read_aavso(body)


def test_a_broken_row_never_stops_the_rest() -> None:
    read = tool(CH_CYG | {"ra": "NaN"}, 7, CH_CYG | {"dec": 91, "star_name": "X"}, CH_CYG)
    assert [each.name for each in read.alerts] == ["CH Cyg"] and len(read.refused) == 3


def test_a_row_of_ten_megabytes_and_a_hostile_name_become_bounded_clean_text() -> None:
    row = CH_CYG | {"star_name": "\x1b[31mV1\u202e" + "A" * 200, "other_info": "x" * 10_000_000}
    [star] = tool(row).alerts
    assert len(star.name) <= 80 and star.name.isprintable() and len(star.text) <= 1000


# --- TNS -----------------------------------------------------------------------------------------


def test_public_objects_of_a_zip_after_the_line_of_its_time() -> None:
    [nova] = read_tns_file(answers.tns_file([NOVA])).alerts
    assert (nova.source, nova.id, nova.name, nova.what) == (
        Source.TNS,
        "2026abc",
        "AT 2026abc",
        "Nova",
    )
    assert (nova.ra_deg, nova.dec_deg, nova.mag, nova.discovered) == (16.67808, -8.5, 9.4, AT)
    assert nova.link == "https://www.wis-tns.org/object/2026abc"


def test_a_zip_of_two_files_a_bomb_and_a_cut_one_are_refused() -> None:
    whole = answers.tns_file([NOVA])
    for body, why in (
        (answers.tns_file([NOVA], members=2), "2 files"),
        (answers.tns_bomb(MOST_BYTES + 1), "40 MB"),
        (whole[: len(whole) // 2], "damaged"),
        (b"PK nothing", "damaged"),
        (b"<html>sign in</html>\n\n\n\n\n", "no header"),
        (b"", "no header"),
    ):
        with pytest.raises(NotUnderstood, match=why):
            read_tns_file(body)


def test_an_object_as_json_with_nulls_inside_and_the_older_reply() -> None:
    row = {
        "objname": "2004eo", "name_prefix": "SN", "objid": 1, "object_type": {"name": "SN Ia"},
        "ra": "20:32:54.190", "dec": "+09:55:42.70", "radeg": 308.22579, "decdeg": 9.92853,
        "discoverydate": "2004-09-17 00:00:00.000", "discoverymag": None,
        "discmagfilter": {"id": None, "name": None}, "internal_names": None,
    }  # fmt: skip
    for data in (row, [row], {"reply": row}, {"reply": [row]}):
        body = json.dumps({"id_code": 200, "data": data}).encode()
        [found] = read_tns_json(body).alerts
        assert (found.name, found.mag, found.ra_deg) == ("SN 2004eo", None, 308.22579)
        assert found.discovered == datetime(2004, 9, 17, tzinfo=UTC)


def test_a_search_row_without_a_place_is_counted_not_guessed() -> None:
    body = json.dumps({"data": [{"objname": "2024ryv", "prefix": "SN", "objid": 159459}]})
    read = read_tns_json(body.encode())
    assert read.alerts == () and read.passed_over == {"without a place": 1}
    assert read_tns_json(b'{"data":null}') == AlertsRead()


def test_files_of_the_hours_since_midnight_and_of_yesterday_each_once() -> None:
    now = datetime(2026, 2, 27, 3, 5, tzinfo=UTC)
    first = files_wanted(now, frozenset())
    assert first == ["20260227/02", "20260227/01", "20260227/00", "20260226"]
    later = files_wanted(now + timedelta(hours=1), frozenset(first))
    assert later == ["20260227/03"]
    assert files_wanted(now + timedelta(days=1), frozenset(first))[-1] == "20260227"


# --- ASAS-SN -------------------------------------------------------------------------------------


def test_a_row_with_unpadded_place_and_decimal_day() -> None:
    page = answers.asassn_page([Transient(
        name="ASASSN-26ab", ra_deg=16.67808, dec_deg=-0.2, mag=15.1, at=AT,
        comments="CV candidate, outburst",
    )])  # fmt: skip
    [found] = read_asassn(page).alerts
    assert (found.name, found.what, found.mag) == ("ASASSN-26ab", "CV", 15.1)
    assert found.ra_deg == pytest.approx(16.67808, abs=1e-4)
    assert found.dec_deg == pytest.approx(-0.2, abs=1e-4), "the sign of -0° 12'"
    assert found.discovered == AT


def test_decimal_day_of_a_real_row() -> None:
    assert moment("2021-06-9.44") == datetime(2021, 6, 9, 10, 33, 36, tzinfo=UTC)
    assert moment("2021-06-31.4") is None and moment("yesterday") is None and moment(7) is None


def test_the_row_in_which_the_page_is_cut_off_is_left() -> None:
    many = [Transient(name=f"ASASSN-26{n:05d}", ra_deg=1, dec_deg=1, mag=15, at=AT,
                      comments="x" * 300) for n in range(400)]  # fmt: skip
    page = answers.asassn_page(many)
    assert len(page) > LARGEST
    read = read_asassn(page[:LARGEST])
    assert read.alerts and not read.refused
    assert read.alerts[-1].text.endswith("x" * 300)


def test_a_page_without_the_table_is_said_to_be_none() -> None:
    for page in (b"", b"<html>moved</html>", b"<table><tr><td>a<td>b</tr></table>"):
        with pytest.raises(NotUnderstood):
            read_asassn(page)


# --- GCN -----------------------------------------------------------------------------------------

WXT = "gcn.notices.einstein_probe.wxt.alert"
NOTICE: dict[str, Any] = {
    "instrument": "WXT", "trigger_time": "2024-03-01T21:46:05.13Z", "id": ["01708973486"],
    "ra": 120, "dec": 40, "ra_dec_error": 0.02,
}  # fmt: skip


def notice(**more: Any) -> AlertsRead:
    return read_gcn(WXT, json.dumps(NOTICE | more).encode())


def test_a_notice_with_a_radius() -> None:
    [found] = notice().alerts
    assert (found.id, found.ra_deg, found.dec_deg, found.error_deg) == (
        "01708973486",
        120,
        40,
        0.02,
    )
    assert not found.test and not found.retraction
    assert found.discovered == datetime(2024, 3, 1, 21, 46, 5, 130000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "radius"),
    [([0.1, 0.4, 30], 0.4), (None, 180.0), ([], 180.0), ("x", 180.0), (400, 180.0), (0.5, 0.5)],
)
def test_an_ellipse_counts_by_its_longer_axis_and_none_as_the_whole_sky(
    error: Any, radius: float
) -> None:
    assert notice(ra_dec_error=error).alerts[0].error_deg == radius


@pytest.mark.parametrize("tense", ["test", "injection", "commanded", "archival", "planned"])
def test_only_the_current_tense_is_an_alert(tense: str) -> None:
    assert notice(alert_tense=tense).alerts[0].test
    assert not notice(alert_tense="current").alerts[0].test


def test_a_retraction_without_a_place_is_one_still() -> None:
    body = {"id": "X1", "alert_type": "retraction", "event_name": ["GRB 260227A"]}
    [found] = read_gcn(WXT, json.dumps(body).encode()).alerts
    assert found.retraction and found.ra_deg is None and "gcn GRB 260227A" in found.also


def test_classic_text() -> None:
    text = (
        "TITLE:           GCN/FERMI NOTICE\nNOTICE_TYPE:     Fermi-GBM Ground Position\n"
        "TRIGGER_NUM:     229226644\nGRB_RA:          30.200d {+02h 00m 48s} (J2000),\n"
        "                 30.3d (current)\nGRB_DEC:         -4.500d {-04d 30' 00\"} (J2000),\n"
        "GRB_ERROR:       4.00 [arcmin radius, statistical]\n"
        "GRB_DATE:        14570 TJD;    98 DOY;   08/04/07\n"
        "GRB_TIME:        79384.00 SOD {22:03:04.00} UT\n"
    )
    [found] = read_gcn("gcn.classic.text.FERMI_GBM_GND_POS", text.encode()).alerts
    assert (found.ra_deg, found.dec_deg) == (30.2, -4.5)
    assert found.error_deg == pytest.approx(4 / 60)
    assert found.discovered == datetime(2008, 4, 7, 22, 3, 4, tzinfo=UTC)


def test_heartbeats_circulars_and_other_topics_hold_nothing() -> None:
    for topic in ("gcn.heartbeat", "gcn.circulars", "gcn.other.X"):
        assert read_gcn(topic, b"anything").alerts == ()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b"\xff", b"[" * 50_000])
def test_a_notice_that_is_none(body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        read_gcn(WXT, body)


# --- pasted lines --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "name", "ra", "dec", "mag"),
    [
        ("V1405 Cas 23 24 47.73 +61 11 14.8 mag 7.6", "V1405 Cas", 351.19888, 61.18744, 7.6),
        ("AT2026abc 00:12:30 -00:12:30 15.2", "AT2026abc", 3.125, -0.208333, 15.2),
        ("Nova Per 2026  03h31m12.0s, +43d54m15s  9.1", "Nova Per 2026", 52.8, 43.904167, 9.1),
        ("X1 239.87567 +25.92017", "X1", 239.87567, 25.92017, None),
        ("N Sgr 2026 18 00 00.0 −30 00 00", "N Sgr 2026", 270.0, -30.0, None),
    ],
)
def test_a_line_of_a_telegram(
    line: str, name: str, ra: float, dec: float, mag: float | None
) -> None:
    [found] = read_pasted(line).alerts
    assert (found.name, found.mag) == (name, mag)
    assert (found.ra_deg, found.dec_deg) == pytest.approx((ra, dec), abs=1e-5)


def test_lines_that_are_none_are_refused_each_for_itself() -> None:
    read = read_pasted("hello\n\nX 25 00 00 +91 00 00\n12 00 00 +10 00 00\nY 12 00 00 +10 00 00")
    assert [each.name for each in read.alerts] == ["Y"]
    assert [each.line for each in read.refused] == [1, 3, 4]


# --- VSX and VSP ---------------------------------------------------------------------------------


def test_a_star_of_the_vsx_and_one_that_is_not_known() -> None:
    star = read_vsx(answers.vsx("T CrB"))
    assert star is not None
    assert (star.period_d, star.epoch, star.bright, star.faint) == (227.5528, 2455828.9, 2.0, 10.8)
    assert not star.repeats, "the period of NR+ELL is its orbit's"
    assert read_vsx(answers.vsx("nobody")) is None
    algol = read_vsx(answers.vsx("algol"))
    assert algol is not None and algol.repeats and algol.amplitude and algol.faint == 1.21


def test_a_chart_with_bands_that_lack_an_error() -> None:
    number, stars = read_vsp(answers.vsp("CH Cyg") or b"")
    assert (
        number == "X12345ABC"
        and len(stars) == 8
        and stars[0].mags == pytest.approx({"V": 8.1, "B": 8.8})
    )


@pytest.mark.parametrize("read", [read_vsx, read_vsp])
@pytest.mark.parametrize("body", [b"", b"<html>Just a moment", b"[]", b'{"VSXObject":3}'])
def test_answers_of_the_catalogues_that_are_none(read: Any, body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        read(body)


# --- all of them ---------------------------------------------------------------------------------

ODD = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["targets", "star_name", "ra", "dec", "id", "data", "reply", "objname",
                         "radeg", "decdeg", "ra_dec_error", "alert_tense", "VSXObject", "RA2000",
                         "photometry", "bands", "max_mag", "obs_cadence", "event_name"]),
        inner, max_size=6,
    ),
    max_leaves=12,
)  # fmt: skip
READERS = (read_aavso, read_tns_json, lambda b: read_gcn(WXT, b), read_vsx, read_vsp, read_tns_file,
           read_asassn)  # fmt: skip


@given(ODD)
def test_no_document_brings_a_reader_down(document: Any) -> None:
    body = json.dumps(document).encode("utf-8", "replace")
    for read in READERS:
        try:
            read(body)
        except NotUnderstood:
            continue


@given(st.text(max_size=300))
def test_no_line_brings_the_reader_of_lines_down(text: str) -> None:
    for each in read_pasted(text).alerts:
        assert 0 <= (each.ra_deg or 0) < 360


def test_more_than_can_be_looked_at_is_counted() -> None:
    many = [NOVA.__class__(name=f"2026a{n}", ra_deg=1, dec_deg=1, mag=9, at=AT)
            for n in range(MOST_ALERTS + 3)]  # fmt: skip
    read = read_tns_file(answers.tns_file(many))
    assert len(read.alerts) == MOST_ALERTS and read.passed_over == {"too many": 3}


@pytest.mark.parametrize(
    ("text", "mag"), [("<15.1", 15.1), ("12.3:", 12.3), ("nan", None), (True, None), (99, None)]
)
def test_magnitudes(text: Any, mag: float | None) -> None:
    assert magnitude(text) == mag
