"""The morning as one page: whole, bounded, and deaf to what names try."""

import base64
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowdsky_tui.blocks.keys import BlockKey, TargetKey
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.report.gather_page import jpeg_of
from crowdsky_tui.report.page import (
    GLYPHS,
    MOST_BYTES,
    PageCurve,
    PagePicture,
    report_page,
)
from crowdsky_tui.report.page_curves import MOST_POINTS, curve_svg
from crowdsky_tui.report.report import OpenBlock, Report, ScopeLine, TargetLine
from crowdsky_tui.report.trends import Series
from crowdsky_tui.store.store import BlockState, BlockView
from crowdsky_tui.tui.format.glyphs import BLOCK

NIGHT = date(2026, 11, 20)
BEGIN = datetime(2026, 11, 20, 20, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'><svg onload=alert(1)>",
    "</title></style></pre><script src=//evil.example/x.js></script>", "<iframe src=//evil.org>",
    "]]><![CDATA[<b>", "&lt;script&gt;", "{pictures}", "{0.__class__}", "%s%n", "<!-- ", "-->",
    "javascript:alert(1)", "</svg><script>1</script>", "<a href=javascript:1>x</a>",
    "<meta http-equiv=refresh content=0>", "<base href=//evil.example>",
)  # fmt: skip
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "ul", "li", "div", "table",
    "tr", "th", "td", "figure", "img", "figcaption", "br", "svg", "text", "polyline", "g", "circle",
    "pre",
}  # fmt: skip


class Looked(HTMLParser):
    """Every tag and every attribute of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def block(number: int, state: BlockState, target: str = "M 81", reason: str = "") -> BlockView:
    start = BEGIN + timedelta(minutes=15 * number)
    key = BlockKey(TargetKey("S50", target), f"20261120.{number:02d}", "20.0s", "LP")
    end = start + timedelta(minutes=15)
    return BlockView(key, target, start, end, 44, 880.0, state, reason)


def report(name: str = "M 81", needs: Sequence[str] = ()) -> Report:
    return Report(
        NIGHT,
        BEGIN + timedelta(hours=10),
        f"2 of 3 eligible blocks are proved {name}",
        (TargetLine(name, name, 3, 3, 2, 2),),
        (ScopeLine(name, "ready", name),),
        (OpenBlock(name, name, BEGIN, name, BlockState.FAILED, name),),
        0,
        tuple(needs),
        server=name,
    )


def series(count: int = 5, name: str = "FWHM") -> Series:
    points = tuple((BEGIN + timedelta(minutes=n), 3.0 + n % 7) for n in range(count))
    return Series(name, "px", points, note=name)


def test_the_page_holds_what_the_morning_needs() -> None:
    blocks = [block(0, BlockState.CONFIRMED), block(2, BlockState.FAILED, reason="code 267")]
    picture = PagePicture("M 81 20:00", "one of the best", b"jpeg")
    page = report_page(report(needs=["S50: off"]), blocks, [picture], [PageCurve("S50", series())])
    seen = Looked(page)
    assert "2 of 3 eligible blocks are proved" in seen.text and "S50: off" in seen.text
    assert GLYPHS[BlockState.CONFIRMED] in seen.text and GLYPHS[BlockState.FAILED] in seen.text
    assert base64.b64encode(b"jpeg").decode() in page
    assert "<polyline" in page and "FWHM" in seen.text
    assert seen.tags <= ALLOWED and "script" not in seen.tags


def test_signs_are_those_of_the_app() -> None:
    assert {state: BLOCK[state].glyph for state in BlockState} == GLYPHS


def test_its_policy_forbids_scripts_and_everything_from_elsewhere() -> None:
    page = report_page(report(), [])
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert "default-src" in policy[1] and "none" in policy[1] and "script" not in policy[1]
    assert page.index("Content-Security-Policy") < page.index("<title>"), "before any text of ours"


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_markup(name: str) -> None:
    page = report_page(
        report(name, [name]),
        [block(0, BlockState.FAILED, name, name)],
        [PagePicture(name, name, b"x")],
        [PageCurve(name, series(name=name))],
    )
    seen = Looked(page)
    assert seen.tags <= ALLOWED
    for attribute, value in seen.attributes:
        assert not attribute.startswith("on"), attribute
        if attribute in {"src", "href"}:
            assert value.startswith("data:image/jpeg;base64,")
    assert name in seen.text, "and it is still to be read"


@given(st.text(max_size=80))
def test_no_text_at_all_becomes_markup(name: str) -> None:
    seen = Looked(report_page(report(name, [name]), [block(0, BlockState.HELD, name, name)]))
    assert seen.tags <= ALLOWED


def test_pictures_are_left_out_before_the_page_grows_too_large() -> None:
    pictures = [PagePicture(f"n{number}", "", bytes(400_000)) for number in range(6)]
    page = report_page(report(), [block(0, BlockState.HELD)], pictures)
    assert len(page.encode()) <= MOST_BYTES
    assert page.count("<img") == 2 and "4 more pictures have no room here" in page


def test_a_page_of_everything_at_its_most_is_bounded() -> None:
    long = "ü<" * 2000
    blocks = [block(n % 96, BlockState.FAILED, f"{long}{n}", long) for n in range(600)]
    curves = [PageCurve(long, series(5000, long)) for _ in range(60)]
    page = report_page(report("x", [long] * 500), blocks, [], curves)
    assert len(page.encode()) <= MOST_BYTES


def test_a_curve_is_well_formed_and_bounded() -> None:
    root = ElementTree.fromstring(curve_svg("S50", series(5000)))
    line = next(each for each in root if each.tag == "polyline")
    assert 1 < len(line.attrib["points"].split()) <= MOST_POINTS


def test_magnitudes_grow_downwards() -> None:
    points = ((BEGIN, 10.0), (BEGIN + timedelta(hours=1), 12.0))
    found = {}
    for upward in ("more", "less"):
        root = ElementTree.fromstring(curve_svg("R Lyr", Series("V", "mag", points), upward))
        line = next(each for each in root if each.tag == "polyline")
        found[upward] = [float(each.split(",")[1]) for each in line.attrib["points"].split()]
    assert found["more"][0] > found["more"][1], "10 is below 12"
    assert found["less"][0] < found["less"][1], "10 mag is brighter: above"


@pytest.mark.parametrize("values", [(), (float("nan"),), (float("inf"), float("nan"))])
def test_without_a_number_there_is_no_curve(values: Sequence[float]) -> None:
    points = tuple((BEGIN + timedelta(minutes=n), value) for n, value in enumerate(values))
    assert curve_svg("S50", Series("FWHM", "px", points)) == ""


def test_one_point_stands_in_the_middle() -> None:
    assert "nan" not in curve_svg("S50", Series("FWHM", "px", ((BEGIN, 3.0),)))


def test_pictures_are_written_anew() -> None:
    jpeg = jpeg_of(Preview(3, 2, bytes(18)))
    assert jpeg.startswith(b"\xff\xd8") and jpeg.endswith(b"\xff\xd9")
