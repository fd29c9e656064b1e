"""Other programs' lists, with the oddities of real files (facts/planning.md 9)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.plan.importers.items import Item, ListRead
from crowdsky_tui.plan.importers.read_list import MOST_BYTES, read_list
from crowdsky_tui.plan.target import Constraints, Kind, Target, new_target
from crowdsky_tui.plan.target_csv import targets_csv
from crowdsky_tui.plan.timeliness import Every, Phase, Tonight

TELESCOPIUS = (
    "\ufeffMy list of tonight\r\n"
    "Pane,Catalogue Entry,Familiar Name,Alternative Entries,Type,Size,Magnitude,"
    "Right Ascension (jNow),Declination (jNow),Right Ascension (j2000),"
    "Declination (j2000),Notes\r\n"
    ',M 33,Triangulum Galaxy,NGC 598,Galaxy,62\',5.7,01h 35\' 21"",30º 47\' 39"",'
    '01h 33\' 51"",30º 39\' 37"",first\n'
    ',M 42,Orion Nebula,,"Nebula, bright",90\',4.0,05h 36m 36s,-05° 22\' 40",'
    "05h 35m 17s,-05° 23' 28\",\n"
    ",,,,,,,,,,,\n"
    ',M 99,,,Galaxy,,,,,nonsense,14º 25\' 00"",\n'
    ',,Nameless one,,,,,,,12h 18m 49s,14º 25\' 00"",\n'
)


def read(content: str | bytes, **more: Any) -> ListRead:
    return read_list(content if isinstance(content, bytes) else content.encode(), **more)


def one(found: ListRead, name: str) -> Item:
    (item,) = [each for each in found.items if each.name == name]
    return item


def test_telescopius_takes_j2000_in_spite_of_title_quotes_and_ordinal_signs() -> None:
    found = read(TELESCOPIUS)
    assert found.format == "Telescopius"
    m33, m42 = one(found, "M 33"), one(found, "M 42")
    assert m33.ra_deg == pytest.approx(15 * 1.564167, abs=1e-5)
    assert m33.dec_deg == pytest.approx(30.660278, abs=1e-6)
    assert m42.ra_deg == pytest.approx(15 * 5.588056, abs=1e-5)
    assert m42.dec_deg == pytest.approx(-5.391111, abs=1e-6)
    assert m33.fields["alt_names"] == ("Triangulum Galaxy",) and m33.fields["mag_bright"] == 5.7
    (refused,) = found.refused
    assert refused.name == "M 99" and refused.line == 6 and "right ascension" in refused.reason
    assert [item.name for item in found.items] == ["M 33", "M 42", "Nameless one"]


def test_the_older_telescopius_takes_each_coordinate_from_its_own_column() -> None:
    found = read(
        "Catalogue Entry,Familiar Name,Right Ascension,Declination,Magnitude\n"
        'M 33,Triangulum Galaxy,01h 33\' 51"",30º 39\' 37"",5.7\n'
    )
    assert one(found, "M 33").dec_deg == pytest.approx(30.660278, abs=1e-6)


def test_a_quote_that_is_never_closed_costs_its_own_row_only() -> None:
    found = read('name,ra,dec\n"A,1h 0m 0s,5\nB,2h 0m 0s,6\nC,3h 0m 0s,7\n')
    assert {"B", "C"} <= {item.name for item in found.items}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_target_scheduler_and_plain_tables_with_any_separator(separator: str) -> None:
    text = "Type,Name,Ra,Dec,Rotation,ROI\nDeepSky,M45,03h 47m 01s,24º 07' 02\",0,100\n"
    found = read(text.replace(",", separator))
    assert found.format == "Target Scheduler"
    item = one(found, "M45")
    assert item.ra_deg == pytest.approx(56.754167) and item.dec_deg == pytest.approx(24.117222)


def test_a_telescopius_mosaic_has_one_target_for_each_pane() -> None:
    found = read(
        "Pane,RA,DEC,Position Angle (East),Pane width (arcmins),Pane height (arcmins),Overlap,Row,"
        "Column\nCenter,00h 42' 44\",41º 16' 09\",0,42,76,10%,,\nM31 1,00h 41m 00s,41 00 00,0,42,"
        "76,10%,1,1\n"
    )
    assert [item.name for item in found.items] == ["Center", "M31 1"]


@pytest.mark.parametrize(
    ("header", "values", "ra"),
    [
        ("name,ra_deg,dec_deg", "A,5.5,1", 5.5),
        ("Target Name,RA (hours),Dec", "A,5.5,1", 82.5),
        ("object;RAJ2000;DEJ2000", "A;05 30 00;+01 00 00", 82.5),
        ("star,R.A.,Decl.", "A,5h30m,1", 82.5),
        ("main_id,ra,dec\nB,83.82,1", "A,5.59,1", 5.59),
        ("name,RA (J2000),Dec (J2000)", "A,05:30:00,1", 82.5),
        ("name,RA_JNow,Dec_JNow,RA_J2000,Dec_J2000", "A,1h0m,2,5h30m,1", 82.5),
    ],
)
def test_a_plain_table_tells_its_unit_by_heading_or_by_the_whole_column(
    header: str, values: str, ra: float
) -> None:
    item = one(read(f"{header}\n{values}\n"), "A")
    assert item.ra_deg == pytest.approx(ra) and item.dec_deg == 1


def test_where_nobody_can_tell_hours_from_degrees_the_user_is_asked() -> None:
    text = "name,ra,dec\nA,5.59,1\nB,13.2,2\n"
    with pytest.raises(UsageError, match="--ra hours or --ra degrees"):
        read(text)
    assert one(read(text, unit="hours"), "A").ra_deg == pytest.approx(83.85)
    assert one(read(text, unit="degrees"), "A").ra_deg == pytest.approx(5.59)


def test_a_row_that_is_wrong_is_named_and_stops_no_other() -> None:
    found = read(
        "name,ra,dec,priority\nA,1h 0m,91,\nB,1h 0m,5,\n,2h 0m,6,\nC,25h,6,\nD,1h 0m,,\nE\n"
        "F,3h 0m,7,high\n\x1b[31mG,4h 0m,−8,3\n"
    )
    assert [item.name for item in found.items] == ["B", "\ufffd[31mG"]
    assert found.items[1].dec_deg == -8 and found.items[1].fields["priority"] == 3
    assert [refused.line for refused in found.refused] == [2, 4, 5, 6, 7, 8]
    assert all(refused.reason for refused in found.refused)


def nina(name: str, negative: bool, degrees: int) -> dict[str, Any]:
    return {
        "$type": "NINA.Astrometry.InputTarget, NINA.Astrometry",
        "TargetName": name,
        "PositionAngle": 0.0,
        "InputCoordinates": {
            "RAHours": 5, "RAMinutes": 35, "RASeconds": 17.0,
            "NegativeDec": negative, "DecDegrees": degrees, "DecMinutes": 23, "DecSeconds": 28.0,
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("negative", "degrees", "dec"),
    [
        (True, 5, -5.391111),
        (True, 0, -0.391111),
        (True, -5, -5.391111),
        (False, 5, 5.391111),
        (False, -5, -5.391111),
    ],
)
def test_nina_has_its_sign_in_a_field_of_its_own(negative: bool, degrees: int, dec: float) -> None:
    target = nina("M 42", negative, degrees)
    sequence = {"$type": "NINA.Sequencer.Container.DeepSkyObjectContainer", "Target": target}
    for document in (target, sequence, [sequence], {"Items": {"$values": [{"x": [sequence]}]}}):
        item = one(read(json.dumps(document)), "M 42")
        assert item.ra_deg == pytest.approx(83.820833) and item.dec_deg == pytest.approx(dec)


def mosaic(**params: Any) -> dict[str, Any]:
    usual = {"target_name": "M 81", "ra": "9h55m33s", "dec": "69d3m55s", "is_j2000": True}
    return {"action": "start_mosaic", "params": {**usual, **params}}


def test_a_schedule_of_seestar_alp_gives_its_mosaics_and_names_what_it_passes_over() -> None:
    steps = [
        {"action": "wait_until", "params": {"local_time": "22:00"}},
        mosaic(is_use_lp_filter=True, panel_time_sec=3600),
        mosaic(target_name="Later", ra=21.7, dec=43.5, is_j2000=False),
        mosaic(target_name="Here", ra=-1, dec=-1),
        {"action": "scope_park"},
        mosaic(target_name="Broken", ra="x"),
    ]
    found = read(json.dumps({"version": 1, "list": steps}))
    m81, later = found.items
    assert m81.fields["filter"] == "LP" and m81.fields["blocks_per_visit"] == 4 and not m81.jnow
    assert later.jnow and later.ra_deg == pytest.approx(325.5)
    assert [refused.name for refused in found.refused] == ["Here", "Broken"]
    assert found.passed_over == {"wait_until": 1, "scope_park": 1}


def test_a_schedule_as_a_table_is_the_same_schedule() -> None:
    found = read(
        "action,target_name,ra,dec,is_j2000,is_use_lp_filter,panel_time_sec,selected_panels\n"
        'start_mosaic,M 81,9h55m33s,69d3m55s,true,false,900,"1,2"\nwait_until,,,,,,,\n'
    )
    (item,) = found.items
    assert item.line == 2 and item.fields["blocks_per_visit"] == 1 and not item.jnow
    assert found.passed_over == {"wait_until": 1}


def test_skysafari_gives_names_only_and_no_planet() -> None:
    found = read(
        "SkySafariObservingListVersion=3.0\r\nSortedBy=Default Order\r\n"
        "SkyObject=BeginObject\r\n\tObjectID=4,-1,-1\r\n\tCommonName=Whirlpool Galaxy\r\n"
        "   CatalogNumber=M 51\r\n\tCatalogNumber=NGC 5194\r\nEndObject=SkyObject\r\n"
        "SkyObject=BeginObject\r\n\tObjectID=1,2,3\r\n\tCommonName=Mars\r\nEndObject=SkyObject\r\n"
        "SkyObject=BeginObject\r\n\tObjectID=2,1,1\r\nEndObject=SkyObject\r\n"
        "SkyObject=BeginObject\r\n\tCommonName=torn off"
    )
    (item,) = found.items
    assert item.name == "M 51" and item.ra_deg is None
    assert item.fields["alt_names"] == ("NGC 5194", "Whirlpool Galaxy")
    assert [refused.line for refused in found.refused] == [9, 13]


CH_CYG = {
    "star_name": "CH Cyg", "ra": 291.13779, "dec": 50.24142, "constellation": "Cyg",
    "var_type": "ZAND+SR", "min_mag": 10.1, "min_mag_band": "V", "max_mag": 5.6,
    "max_mag_band": "V", "period": None, "obs_cadence": 5.0, "obs_mode": "All",
    "filter": "B", "other_info": "B and V\r\n[[Alert Notice 639 https://x]] <b>bold</b>",
    "priority": True, "last_data_point": 1770638619, "solar_conjunction": False,
}  # fmt: skip


def test_aavsos_min_mag_is_the_faint_end_and_either_may_be_null() -> None:
    later = {
        "primaryName": "New Name", "coordinates": {"raDeg": 10.5, "decDeg": -3.0},
        "recommendedCadence": 12, "cadenceUnit": "hour", "maximumMagnitude": 16.0,
    }  # fmt: skip
    rows = [
        CH_CYG,
        {**CH_CYG, "star_name": "B", "min_mag": None, "max_mag": None, "priority": False},
        {**CH_CYG, "star_name": "C", "filter": "Spectroscopy"},
        {**CH_CYG, "star_name": "D", "obs_cadence": None, "min_mag": 5.0, "max_mag": 2.0},
        later,
        None,
        {**CH_CYG, "star_name": "E", "ra": None},
    ]
    found = read(json.dumps({"targets": rows}))
    ch, b, d, new = found.items
    assert (ch.fields["mag_bright"], ch.fields["mag_faint"]) == (5.6, 10.1)
    assert ch.fields["timeliness"] == (Every(5.0),) and ch.fields["priority"] == 4
    assert ch.fields["kind"] == "monitor" and "2026-02-09" in ch.note
    assert "<" not in ch.fields["notes"] and "\r" not in ch.fields["notes"]
    assert b.fields["mag_bright"] is b.fields["mag_faint"] is None and b.fields["priority"] == 3
    assert "timeliness" not in d.fields and "brighter" in d.note
    assert new.fields["timeliness"] == (Every(0.5),) and "fainter" in new.note
    assert [refused.name for refused in found.refused] == ["C", "", "E"]


def test_seevars_unit_is_told_by_the_whole_list_or_by_the_user() -> None:
    rows = [{"name": "A", "ra": 21.7, "dec": 43.5, "exposure_sec": 20}]
    with pytest.raises(UsageError, match="--ra"):
        read(json.dumps({"targets": rows}))
    assert read(json.dumps({"targets": rows}), unit="hours").items[0].ra_deg == 325.5
    found = read(json.dumps({"targets": [*rows, {"name": "B", "ra": 239.9, "dec": 25.9}]}))
    assert [item.ra_deg for item in found.items] == [21.7, 239.9]
    assert found.items[0].fields["sub_exposure_s"] == 20


def test_pocs_fields_have_their_priority_by_rank() -> None:
    found = read(
        "- field:\n    name: KIC 8462852\n    position: 20h06m15.4536s +44d27m24.75s\n"
        "  observation:\n    priority: 1000\n    exptime: 120\n"
        "- field:\n    name: T CrB\n    position: 239.876deg +25.916deg\n"
        "  observation:\n    priority: 50\n"
        "- name: M 42\n  position: 05h35m16.5s -05d23m25s\n  priority: 100\n"
        "- field:\n    name: Broken\n    position: somewhere\n"
    )
    assert [item.fields.get("priority") for item in found.items] == [5, 1, 3]
    assert found.items[0].ra_deg == pytest.approx(301.564390)
    assert (found.items[2].dec_deg or 0.0) < -5
    assert found.items[1].ra_deg == pytest.approx(239.876)
    assert [refused.name for refused in found.refused] == ["Broken"]


FULL = new_target(
    'R "Aql", odd; name', 359.999999999, -0.000001,
    uid="0" * 31 + "1", alt_names=("HD 1", "Ö"), pm_ra_mas=-12.5, kind=Kind.FOLLOW_UP, priority=5,
    timeliness=(Every(3.0, 1.0), Phase(0.95, 0.05, 227.5528, 2455828.9, "BJD", "min"), Tonight()),
    scopes="S50, S30", filter="LP", sub_exposure_s=30, blocks_per_visit=7, min_run=3, max_visits=9,
    constraints=Constraints(min_alt_deg=25.0, moon_down=True), mag_bright=5.6, mag_faint=10.1,
    mag_band="V", source="AAVSO", source_id="R Aql", notes="a, b; c", state="paused",
    fetched_at=datetime(2026, 11, 1, 12, 30, 1, 5, tzinfo=UTC),
    created=datetime(2026, 11, 1, tzinfo=UTC), expires=datetime(2027, 1, 1, tzinfo=UTC),
)  # fmt: skip


def target_of(item: Item) -> Target:
    assert item.ra_deg is not None and item.dec_deg is not None
    return new_target(item.name, item.ra_deg, item.dec_deg, **item.fields)


def test_our_own_list_comes_back_without_any_loss() -> None:
    bare = new_target("M 81", 148.9, 69.1, uid="2" * 32)
    found = read(targets_csv([FULL, bare]))
    assert found.format == "crowdsky-tui" and found.refused == ()
    assert [target_of(item) for item in found.items] == [FULL, bare]


@given(
    st.text(min_size=1, max_size=80).filter(lambda text: text.isprintable() and text.strip()),
    st.floats(0, 359.99),
    st.floats(-90, 90),
    st.text(max_size=200).filter(str.isprintable),
)
def test_any_target_of_ours_comes_back(name: str, ra: float, dec: float, notes: str) -> None:
    target = new_target(name, ra, dec, notes=notes.strip())
    (item,) = read(targets_csv([target])).items
    assert target_of(item) == target


@pytest.mark.parametrize(
    "content",
    ["", "hello", "{", "[]", "{}", '{"targets": []}x', "- a\n- b\n", "name,colour\nA,red\n",
     b"\x00\x01\x02", "- &a [*a]\n", "[" * 5000, '{"list": 3}', "\n" * 100],
)  # fmt: skip
def test_what_is_no_list_is_refused_in_words(content: str | bytes) -> None:
    with pytest.raises(UsageError, match="no list of targets"):
        read(content)


def test_what_is_too_much_is_refused() -> None:
    with pytest.raises(UsageError, match="more than"):
        read_list(b"x" * (MOST_BYTES + 1))
    with pytest.raises(UsageError, match="at most"):
        read("name,ra,dec\n" + "A,1h 0m,5\n" * 20_001)


def test_what_windows_wrote_is_read_too() -> None:
    text = "name,ra,dec\nBöte,1h 0m,24º 07' 02\"\n"
    for data in (text.encode("cp1252"), text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode()):
        assert read(data).items[0].name == "Böte"


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    try:
        found = read_list(data)
    except UsageError as error:
        assert "\n" not in str(error)
    else:
        assert isinstance(found, ListRead)


@given(st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["targets", "list", "action", "params", "star_name", "ra", "dec", "name",
                         "InputCoordinates", "TargetName", "RAHours", "coordinates"]),
        inner, max_size=5),
    max_leaves=20))  # fmt: skip
def test_no_json_does_more_than_be_refused(document: Any) -> None:
    try:
        read(json.dumps(document), unit="degrees")
    except UsageError as error:
        assert str(error)


def test_targets_of_a_list_are_targets() -> None:
    assert isinstance(FULL, Target)
