"""What the morning report quotes from the records of its night."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from crowdsky_tui.database.record import Meta, Record, run_of
from crowdsky_tui.report.quotes import quotes
from crowdsky_tui.report.report import make_report, report_text

NOW = datetime(2026, 11, 29, 5, 0, tzinfo=UTC)  # a Sunday
RUN = run_of(NOW, UTC)


def record(minutes: float, kind: str, source: str = "S50", data: Any = None, **more: Any) -> Record:
    at = NOW - timedelta(minutes=minutes)
    return Record(1, at, kind, more if data is None else data, Meta(run_of(at, UTC), source))


def lines_of(*records: Record, runs: tuple[str, ...] = (RUN,)) -> tuple[str, ...]:
    return quotes(records, RUN, runs, NOW, UTC)


def test_a_night_without_records_has_no_lines() -> None:
    assert lines_of() == ()
    assert lines_of(record(60 * 24, "focus", fwhm_px=3.0), record(1, "scope", data=["x"])) == ()


def test_stars_background_dropped_frames_temperature_and_clock_of_each_telescope() -> None:
    widths = [record(90 - 15 * n, "focus", fwhm_px=w, background=800 + n * 10)
              for n, w in enumerate((3.0, 2.6, 3.1, 3.0))]  # fmt: skip
    outs = [record(80 - 20 * n, "scope", temperature_c=11 - 2.0 * n, stacked=30 * n, dropped=10 * n)
            for n in range(4)]  # fmt: skip
    clocks = [record(70, "clock", offset_s=0.4), record(10, "clock", offset_s=-3.6)]
    assert lines_of(*widths, *outs, *clocks, record(5, "scope", "S30", temperature_c=4)) == (
        "S30: 4 °C",
        "S50: FWHM 3.0 px (2.6 to 3.1 px), background 800 to 830 ADU",
        "S50: 25 % of 120 frames dropped, 5 to 11 °C",
        "S50: its clock was up to -4 s off",
    )


def test_a_clock_that_is_right_and_a_focus_that_holds_are_not_worth_a_line() -> None:
    steady = [record(90 - 15 * n, "focus", fwhm_px=3.0) for n in range(5)]
    assert lines_of(*steady, record(9, "clock", offset_s=1.4)) == ("S50: FWHM 3.0 px (3.0 px)",)


def test_a_focus_that_drifts_is_told_with_since_when_and_how_much_colder() -> None:
    widths = [record(120 - 15 * n, "focus", fwhm_px=w)
              for n, w in enumerate((2.9, 2.4, 2.6, 2.8, 3.0, 3.0))]  # fmt: skip
    warmth = [record(130, "scope", temperature_c=20.0), record(100, "scope", temperature_c=12.0),
              record(5, "scope", temperature_c=8.0)]  # fmt: skip
    assert "S50: focus drifts: FWHM +25 % since 03:15, 4 °C colder" in lines_of(*widths, *warmth)
    one_bad = [*widths[:4], record(20, "focus", fwhm_px=9.0), record(5, "focus", fwhm_px=2.5)]
    assert not any("drifts" in line for line in lines_of(*one_bad)), "one bad stack is no drift"


def test_the_disk_that_fills_up_is_forecast_for_the_newest_night_only() -> None:
    room = [record(60 * hours, "scope", free_mb=45_000 + 417 * hours) for hours in range(48, 0, -1)]
    assert "S50: full on Thursday" in lines_of(*room)
    assert not any("full" in line for line in lines_of(*room, runs=(RUN, "20261130-1")))


def test_a_sensors_night_and_how_long_it_was_not_safe() -> None:
    lines = lines_of(
        record(300, "weather", "roof", ambient_temperature_c=9.1, sky_quality_mag_arcsec2=20.9,
               humidity_percent=70),
        record(60, "weather", "roof", ambient_temperature_c=3.0, sky_quality_mag_arcsec2=21.31,
               humidity_percent=93, wind_speed_m_s=4.2),
        record(250, "safety", "", safety="unsafe", reasons=["roof: wet 3 s ago"]),
        record(220, "safety", "", safety="safe", reasons=[]),
        record(50, "safety", "", safety="unsafe", reasons=["roof: cloudy 2 s ago"]),
        record(200, "notice", "", title="Disk low: S50", text="x"),
    )  # fmt: skip
    assert lines == (
        "roof: sky at best 21.31 mag/arcsec², air 3.0 to 9.1 °C, humidity to 93 %, wind to 4 m/s",
        "not safe 2 times, 80 min in all: roof: wet 3 s ago; roof: cloudy 2 s ago",
        "notices sent: 1 (Disk low: S50)",
    )


ODD: tuple[Any, ...] = (
    {},
    3,
    ["x"],
    {"safety": "unsafe", "reasons": 7},
    {"title": {"a": 1}},
    {"offset_s": "far"},
)


@pytest.mark.parametrize("data", ODD)
@pytest.mark.parametrize("kind", ["safety", "notice", "clock", "focus", "scope", "weather"])
def test_odd_records_make_no_report_fail(kind: str, data: Any) -> None:
    assert all("\x1b" not in line for line in lines_of(record(1, kind, "a\x1b[31m", data=data)))


def test_the_page_has_them_before_the_telescopes() -> None:
    report = make_report(NOW.date(), NOW, [], [])
    page = report_text(msgspec.structs.replace(report, records=("S50: 4 °C",)))
    assert page.index("From the records\n  S50: 4 °C") < page.index("Telescopes")
    assert "From the records" not in report_text(report)
