"""A site's page is read in a moment, whatever it holds."""

import time

import pytest

from crowdsky_tui.base.errors import CrowdSkyError, ProtocolError
from crowdsky_tui.base.pages import DEEPEST, MOST_MARKS, page_tree
from crowdsky_tui.plan.alerts.asassn import read_asassn
from crowdsky_tui.services.telescope_org import pages

SOON_S = 20.0
"""Of processor time; the worst of these took hours before there were bounds."""
ROW = b"<table><tr><th>ASAS-SN</th><th>RA</th><th>Dec</th><th>Discovery</th></tr>"
NASTY = [
    "<tr><td>",
    "<!--",
    "<?",
    "<![CDATA[",
    "<![CDATA[>",
    "<![if>",
    '<a href="x',
    '<a b="x>',
    "</",
]


@pytest.mark.parametrize("piece", NASTY)
def test_a_page_of_unclosed_marks_takes_a_moment(piece: str) -> None:
    begun = time.process_time()
    text = piece * 10_000
    try:
        page_tree(text + "x" * 1_000_000)
    except ProtocolError as error:
        assert "cannot be read" in error.what
    assert time.process_time() - begun < SOON_S


@pytest.mark.parametrize(
    "read",
    [pages.read_details, pages.read_search, pages.read_weather, pages.read_job_of_request,
     pages.read_ticket, pages.read_frame_address, pages.is_login_page, read_asassn],
)  # fmt: skip
def test_each_reader_refuses_a_page_that_goes_too_deep(read: object) -> None:
    assert callable(read)
    page = ROW + b"<h1>Results</h1>password" + b"<tr><td>" * 3000 + b"</tr>"
    begun = time.process_time()
    with pytest.raises(CrowdSkyError):
        read(page)
    assert time.process_time() - begun < SOON_S


def test_only_what_is_beyond_the_bounds_is_refused() -> None:
    assert page_tree("<b>" * DEEPEST).find("b") is not None
    with pytest.raises(ProtocolError, match="within each other"):
        page_tree("<b>" * (DEEPEST + 1))
    with pytest.raises(ProtocolError, match="more than 60,000 marks"):
        page_tree("<b></b>" * (MOST_MARKS // 2 + 1))


def test_what_a_comment_hides_stays_hidden_and_a_lone_mark_is_text() -> None:
    page = page_tree("<!DOCTYPE html><p>1 < 2<!-- <td>no</td> --> yes</p><!-- <b>and no end")
    assert page.get_text() == "1 < 2 yes"
    assert page.find("td") is None and page.find("b") is None
