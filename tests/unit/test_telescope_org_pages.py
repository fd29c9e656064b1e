"""telescope.org's pages, codes and drafts. Check values: facts of telescope.org, section 11."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowdsky_tui.base.errors import SettingsError, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.services.telescope_org import pages
from crowdsky_tui.services.telescope_org.cache import CachedAs, named
from crowdsky_tui.services.telescope_org.codes import (
    STATUS_WORDS,
    Group,
    group_of,
    is_pending,
    telescope_filter,
    telescope_number,
)
from crowdsky_tui.services.telescope_org.draft import (
    Draft,
    api_fields,
    check,
    form_steps,
    transit_altitude_deg,
    warnings,
)
from crowdsky_tui.services.telescope_org.errors import SiteChanged
from crowdsky_tui.services.telescope_org.login import read_ini
from crowdsky_tui.services.telescope_org.place_text import object_id, read_object_id
from crowdsky_tui.services.telescope_org.records import Form
from crowdsky_tui.services.telescope_org.requests import moment, read_folders
from crowdsky_tui.sky.coordinates import PositionJ2000, separation_deg

JOB_PAGE = """<html><table>
 <tr><td>Request ID</td><td>R706248</td></tr>
 <tr><td>Object Type</td><td>RADEC</td></tr>
 <tr><td>Object ID</td><td>00:42:58.58 +36:28:18.97</td></tr>
 <tr><td>Telescope Type Name</td><td>Galaxy</td></tr>
 <tr><td>Filter Type</td><td>BVR</td></tr>
 <tr><td>Exposure Time</td><td>120000 ms</td></tr>
 <tr><td>Completion Time</td><td>Tue 22/12/20 23:34 = 22 December 2020 (23:34:10 UTC)</td></tr>
 <tr><td>Status</td><td>Success </td></tr></table>
 <button onclick="location.href='x?dl-flat&amp;f=24'">Flat</button></html>"""


def at(ra: float, dec: float) -> PositionJ2000:
    return PositionJ2000(ra_deg_j2000=ra, dec_deg_j2000=dec)


# --- check values


def test_cache_paths_of_published_jobs() -> None:
    cache = Path("/c")
    assert CachedAs(369256, Form.CUBE).path(cache) == Path("/c/3/6/369256.fits")
    assert CachedAs(418581, Form.ZIP).path(cache) == Path("/c/4/1/418581.zip")
    assert CachedAs(369256, Form.PROCESSED_CUBE).path(cache) == Path("/c/3/6/art_369256.fits")
    assert CachedAs(369256, Form.CUBE, 31).path(cache) == Path("/c/3/6/369256.flat31.fits")
    assert CachedAs(5, Form.CUBE).path(cache) == Path("/c/5/5.fits")
    assert named("brt_12.zip") == CachedAs(12, Form.PROCESSED_ZIP)
    assert named("12.fits.part") is None and named("../12.fits") is None


def test_the_page_of_job_369256() -> None:
    details = pages.read_details(JOB_PAGE.encode())
    assert details.object_type == "RADEC" and details.object_id == "00:42:58.58 +36:28:18.97"
    assert details.exposure_ms == 120_000 and details.filter == "BVR"
    assert details.telescope_type == "Galaxy" and details.request_ids == (706248,)
    assert details.completed == datetime(2020, 12, 22, 23, 34, 10, tzinfo=UTC)
    assert details.success and details.flat == 24


def test_the_folders_of_the_published_account() -> None:
    folders = read_folders(
        [
            {"id": "1", "creationtime": "0", "name": "Inbox", "count": "1849"},
            {"id": "2", "creationtime": "0", "name": "Favourites", "count": None},
            {"id": "461", "creationtime": "1407254495", "name": "Complete", "count": "13"},
        ]
    )
    assert [folder.count for folder in folders] == [1849, 0, 13]
    assert folders[2].made == datetime(2014, 8, 5, 16, 1, 35, tzinfo=UTC)
    assert moment("1633819843") == datetime(2021, 10, 9, 22, 50, 43, tzinfo=UTC)


@pytest.mark.parametrize(
    ("position", "text"),
    [
        (at(325.67833, 43.58607), "21:42:42.80 +43:35:09.85"),
        (at(0, -0.2051), "00:00:00.00 -00:12:18.36"),
        (at(359.99999999, 0), "00:00:00.00 +00:00:00.00"),
        (at(14.999999, 59.9999999), "01:00:00.00 +60:00:00.00"),
    ],
)
def test_positions_are_rounded_first_and_then_split(position: PositionJ2000, text: str) -> None:
    assert object_id(position) == text


def test_the_form_keeps_the_sign_of_minus_nought() -> None:
    step = form_steps(Draft("x", at(0, -0.2051)))[2]
    assert step["decDegrees"] == "-00" and step["decMins"] == "12"
    assert (step["decSecs"], step["decFract"]) == ("18", "36")


def test_what_never_rises_at_teide_is_refused() -> None:
    assert transit_altitude_deg(-61.8) == pytest.approx(-0.1)
    assert transit_altitude_deg(-31.16) == pytest.approx(30.5, abs=0.05)
    with pytest.raises(UsageError, match=r"culminates at -0\.1°"):
        check(Draft("x", at(270, -61.8)))
    check(Draft("V1223 Sgr", at(283.76, -31.16)))


# --- rules


@given(st.floats(0, 359.9999), st.floats(-90, 90))
def test_a_position_is_read_back_as_it_was_written(ra: float, dec: float) -> None:
    back = read_object_id(object_id(at(ra, dec)))
    assert back is not None
    apart = separation_deg(ra, dec, back.ra_deg_j2000, back.dec_deg_j2000)
    assert apart < 0.02 / 3600 * 15


@pytest.mark.parametrize("text", ["109", "", "25:00:00 +00:00:00", "1:2:3", "10:60:00 +00:00:00"])
def test_what_is_no_position_is_none(text: str) -> None:
    assert read_object_id(text) is None


def test_every_state_has_its_group_and_parked_ones_are_pending() -> None:
    groups = {status: group_of(status) for status in STATUS_WORDS}
    assert [status for status, group in groups.items() if group is Group.DONE] == [8]
    assert all(is_pending(status) for status in (1, 2, 3, 4, 5, 6, 7, 9, 10, 0, 99))
    assert not any(is_pending(status) for status in (8, 20, 21, 22, 23, 24, 25, 26))


def test_filters_are_mapped_for_pirate_alone() -> None:
    assert telescope_filter("pirate", "v") == "Green" and telescope_filter("COAST", "V") == "V"
    assert telescope_filter("PIRATE", "Blue") == "Blue"
    assert warnings(Draft("x", at(0, 0), filter="Ha", exposure_s=400)) == [
        "400 s is outside of 1 to 300 s",
        "'Ha' is no known filter of COAST",
    ]
    fields = api_fields(Draft("x", at(0, 0), telescope="PIRATE"))
    assert fields["telescopeid"] == "7" and fields["filtertype"] == "Colour"
    with pytest.raises(UsageError, match="COAST, PIRATE"):
        telescope_number("Hubble")


@pytest.mark.parametrize("name", ["", " ", "x" * 41, "Ünal 1", "a\x1b[31m", "a\nb"])
def test_a_name_is_plain_and_short_or_refused(name: str) -> None:
    with pytest.raises(UsageError, match="plain characters"):
        check(Draft(name, at(0, 0)))


@pytest.mark.parametrize(
    ("page", "job"),
    [
        ('<script>\nvar info = {"jid":"419547", "a": {}};\n</script>', 419547),
        ('<script>var info = {broken\nvar info = {"jid": 12};</script>', 12),
        ("<tr><td>Job ID</td><td>J77</td></tr>", 77),
        ("<tr><td>Status</td><td>Waiting</td></tr>", None),
    ],
)
def test_the_job_of_a_request(page: str, job: int | None) -> None:
    assert pages.read_job_of_request(page.encode()) == job


@pytest.mark.parametrize(
    "page", ["", "<script>var info = {}</script>", "<tr><td>Status</td><td>Complete</td></tr>"]
)
def test_a_page_that_should_name_a_job_and_does_not_is_said(page: str) -> None:
    with pytest.raises(SiteChanged):
        pages.read_job_of_request(page.encode())


@pytest.mark.parametrize(
    "change",
    [
        lambda page: page.replace("Status", "Status:"),
        lambda page: page.replace("<tr>", "<tr class=x>\n"),
        lambda page: page + page,
        lambda page: page.replace("</table>", "</table><table><tr><td>Odd</td></tr></table>"),
    ],
)
def test_a_page_that_looks_a_little_different_says_the_same(change) -> None:  # type: ignore[no-untyped-def]
    assert pages.read_details(change(JOB_PAGE).encode()) == pages.read_details(JOB_PAGE.encode())


def test_short_or_foreign_times_are_none() -> None:
    for text in ("", "22 Dezember 2020 (23:34:10 UTC)", "31 February 2020 (23:34:10 UTC)", "x"):
        assert pages.read_time(text) is None


def test_links_without_a_job_and_repeated_ones_are_passed_over() -> None:
    page = (
        "<h3>Results</h3><table><tr><td><a href='x'>x</a><a href='y?jid=5&amp;z=1'>5</a></td></tr>"
        "<tr><td><a href='y?jid=5'>5</a></td></tr><tr><th>jid=9</th></tr>"
        "<tr><td><a href='y?jid=7'>7</a><a href='y?jid=8'>8</a></td></tr></table>"
    )
    assert pages.read_search(page.encode()).jobs == (5, 7)


@given(st.binary(max_size=300))
def test_no_page_ends_in_anything_but_a_record_or_site_changed(page: bytes) -> None:
    for read in (
        pages.read_details,
        pages.read_search,
        pages.read_ticket,
        pages.read_frame_address,
        pages.read_weather,
        pages.read_job_of_request,
    ):
        try:
            read(page)
        except SiteChanged as error:
            assert "has changed" in str(error)


@st.composite
def changed_pages(draw: st.DrawFn) -> str:
    """The page of a job of which parts are gone, doubled, moved or others."""
    page = JOB_PAGE
    for _ in range(draw(st.integers(1, 4))):
        first = draw(st.integers(0, len(page)))
        part = page[first : first + draw(st.integers(0, 120))]
        way = draw(st.sampled_from(["cut", "double", "move", "other", "upper"]))
        rest = page[:first] + page[first + len(part) :]
        page = {
            "cut": rest,
            "double": page[:first] + part + page[first:],
            "move": part + rest,
            "other": page[:first] + draw(st.text(max_size=20)) + page[first:],
            "upper": page[:first] + part.upper() + page[first + len(part) :],
        }[way]
    return page


@given(changed_pages())
def test_of_a_changed_page_nothing_is_invented(page: str) -> None:
    try:
        details = pages.read_details(page.encode())
    except SiteChanged as error:
        assert "This part waits" in error.next_step
        return
    whole = clean(" ".join(pages.soup_of(page.encode()).get_text(" ").split()), 10_000)
    for text in (details.object_type, details.object_id, details.filter, details.status):
        assert text.rstrip("…") in whole
    for number in (*details.request_ids, details.job_id, details.exposure_ms, details.flat):
        assert number is None or str(number) in page or f"0{number}" in page
    if details.completed is not None:
        assert f"{details.completed:%H:%M:%S} UTC" in whole


def test_the_original_clients_file_is_read_and_what_it_lacks_is_named(tmp_path: Path) -> None:
    file = tmp_path / "telescope.ini"
    file.write_text(
        "[telescope.org]\nuser = alice\npassword = s3cret%x\n[cache]\njobs = .cache/jobs\n"
    )
    ini = read_ini(file)
    assert (ini.login.username, ini.login.password) == ("alice", "s3cret%x")
    assert ini.cache == Path(".cache/jobs") and "s3cret" not in repr(ini)
    file.write_text("[telescope.org]\nuser = alice\n")
    with pytest.raises(SettingsError, match="password"):
        read_ini(file)
    with pytest.raises(SettingsError, match=r"missing\.ini"):
        read_ini(tmp_path / "missing.ini")
