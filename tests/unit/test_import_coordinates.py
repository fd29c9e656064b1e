"""Coordinates as the world writes them; the check values are facts/planning.md 16, 17 and 18."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowdsky_tui.plan.importers.coordinates import ra_unit_of, read_dec, read_ra, split_pair


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ('01h 33\' 51""', 1.564167),
        ("05h 35m 17s", 5.588056),
        ("6h31m54.23s", 6.531731),
        ("03:47:01", 3.783611),
        ("21 42 42.8", 21.711889),
        ("0h", 0.0),
        ("24h", 0.0),
        ("24:00:00", 0.0),
        ("5.5h", 5.5),
        ("82.5°", 5.5),
        ("82.5 deg", 5.5),
        ("82d30m00s", 5.5),
        ("5h 30.5m", 5.508333),
        ("21h42m", 21.7),
    ],
)
def test_a_right_ascension_that_says_its_unit(text: str, hours: float) -> None:
    assert read_ra(text, None) / 15 == pytest.approx(hours, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ('30º 39\' 37""', 30.660278),
        ("-05° 23' 28\"", -5.391111),
        ("24º 07' 02\"", 24.117222),
        ("-00 12 30", -0.208333),
        ("−00 12 30", -0.208333),
        ("–05:30:00", -5.5),
        ("+43.58624", 43.58624),
        ("43,58624", 43.58624),
        ("+44d27m24.75s", 44.456875),
        ("-90", -90.0),
        ("90 00 00", 90.0),
        ("+25.916deg", 25.916),
        ("25′ 0″".replace("25′", "25° 30′"), 25.5),
    ],
)
def test_a_declination(text: str, degrees: float) -> None:
    assert read_dec(text) == pytest.approx(degrees, abs=1e-6)


@pytest.mark.parametrize(
    "text", ["", "x", "90.1", "-91 00 00", "10 60 00", "10 00 60", "5h 30m", "1e5", "10 30.5 20",
             "nan", "inf", "1 2 3 4", "9" * 50, "\x1b[31m", "12 -5 3"],
)  # fmt: skip
def test_what_is_no_declination_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_dec(text)


@pytest.mark.parametrize("text", ["", "x", "25h", "-1h", "361 deg", "10 61 00", "nan", "1,2,3"])
def test_what_is_no_right_ascension_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_ra(text, "hours")


def test_a_bare_decimal_is_never_guessed_row_by_row() -> None:
    assert ra_unit_of(["5.59", "83.82"]) == "degrees"
    assert ra_unit_of(["5.59", "13.2"]) is None
    assert ra_unit_of(["5.59"], "ra_deg") == ra_unit_of(["5.59"], "RA (degrees)") == "degrees"
    assert ra_unit_of(["83.82"], "RA hours") == "hours"
    assert ra_unit_of(["05h 35m 17s"]) is not None
    with pytest.raises(ValueError, match="hours or degrees"):
        read_ra("5.59", None)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("20h06m15.4536s +44d27m24.75s", ("20h06m15.4536s", "+44d27m24.75s")),
        ("239.876deg +25.916deg", ("239.876deg", "+25.916deg")),
        ("09 55 33 −69 03 55", ("09 55 33", "-69 03 55")),
        ("148.9 69.1", ("148.9", "69.1")),
    ],
)
def test_a_pair_is_split(text: str, pair: tuple[str, str]) -> None:
    assert split_pair(text) == pair


@given(st.floats(0, 359.999), st.floats(-90, 90))
def test_what_is_written_in_full_reads_back(ra: float, dec: float) -> None:
    assert read_ra(f"{ra:.9f}", "degrees") == pytest.approx(ra % 360, abs=1e-8)
    assert read_dec(f"{dec:+.9f}") == pytest.approx(dec, abs=1e-8)


@given(st.text(max_size=60))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    for read in (read_dec, lambda each: read_ra(each, "hours"), split_pair):
        try:
            read(text)
        except ValueError as error:
            assert str(error)
