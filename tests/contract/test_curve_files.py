"""Light curves in files: read as they were meant, and answered in the child and by verbs."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from curve_samples import FOLDER, sample
from json_schema_kit import document_of

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.compute.client import Science
from crowdsky_tui.timeseries import own_finders, point_files
from crowdsky_tui.timeseries.curve import Floats, make_curve
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.messages import EventsRequest, MinimumRequest, PeriodsRequest
from crowdsky_tui.timeseries.point_files import read_points
from crowdsky_tui.timeseries.results import Event

TIMES = [2460000.0 + 0.25 * k for k in range(40)]


def written(folder: Path, text: str, name: str = "curve.txt") -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "text",
    [
        "2460000.5 12.25 0.02\n2460001.5 12.50 0.03\n",
        "# a curve\n#JD Mag Err\n2460000.5\t12.25\t0.02\n2460001.5\t12.50\t0.03\n",
        "\ufeffJD,Magnitude,Uncertainty\n2460000.5,12.25,0.02\n2460001.5,12.50,0.03\n",
        "jd;err;mag\n2460000,5;0,02;12,25\n2460001,5;0,03;12,50\n",
        'BJD_TDB|mag_err|mag\n2460000.5|0.02|"12.25"\n2460001.5|0.03|12.50\n',
        "2460000.5, 12.25, 0.02\n\n2460001.5, 12.50, 0.03\n",
    ],
)
def test_tables_are_read_whatever_parts_their_cells(tmp_path: Path, text: str) -> None:
    found = read_points(written(tmp_path, text))
    assert [(each.time, each.mag, each.error) for each in found.points] == [
        (2460000.5, 12.25, 0.02),
        (2460001.5, 12.5, 0.03),
    ]
    assert (found.unread, found.limits, found.flux) == (0, 0, False)


def test_limits_are_counted_and_unreadable_lines_named(tmp_path: Path) -> None:
    text = "1.5 12.0 0.1\n2.5 <13.0\n3.5 >14.814 99.99\nnan 12.0\n4.5 twelve\n5.5\n6.5 12.1\n"
    found = read_points(written(tmp_path, text))
    assert [each.time for each in found.points] == [1.5, 6.5]
    assert np.isnan(found.points[1].error)
    assert (found.limits, found.unread, found.first_unread) == (2, 3, 4)


def test_fluxes_become_magnitudes_and_darkness_is_no_point(tmp_path: Path) -> None:
    text = "time,flux,flux_err\n1,100,1\n2,1,0.01\n3,-5,1\n"
    found = read_points(written(tmp_path, text))
    assert [each.mag for each in found.points] == pytest.approx([-5, 0])
    assert found.points[0].error == pytest.approx(0.01085736)
    assert found.flux and found.unread == 1
    plain = read_points(written(tmp_path, "1 100\n2 10\n"), flux=True)
    assert [each.mag for each in plain.points] == pytest.approx([-5, -2.5])


def test_a_surveys_flag_and_object_id_are_kept(tmp_path: Path) -> None:
    text = "oid,mjd,mag,magerr,catflags,filtercode,exptime\n7,58000.5,15.0,0.02,32768,zg,30\n"
    (point,) = read_points(written(tmp_path, text)).points
    assert (point.series, point.band, point.exposure_s, point.flags) == ("7", "zg", 30.0, 32768)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no line holds a point"),
        (b"# only words\n", "no line holds a point"),
        (b"hello world\n", "line 1 is no point"),
        (b"1.5 12.0\n\0\0", "no text"),
        (b"SIMPLE  =                    T" + b" " * 60, "no line|line 1"),
        (b'"' * 5000, "no line|line 1"),
        (b"\xff\xfe\x31", "line 1 is no point"),
        ("٣٫٥ ١٢\n".encode(), "line 1 is no point"),
        (b"1_0 12\n", "line 1 is no point"),
        (b"inf 12\n1e999 12\n", "line 1 is no point"),
    ],
)
def test_what_is_no_curve_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "spoiled"
    path.write_bytes(content)
    with pytest.raises(CurveRefused, match=why):
        read_points(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(CurveRefused, match="it is no file"):
            read_points(path)


def test_a_file_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "1.5 12.0\n" * 50)
    monkeypatch.setattr(point_files, "MOST_ROWS", 40)
    with pytest.raises(CurveRefused, match="more than 40 lines"):
        read_points(path)
    monkeypatch.setattr(point_files, "MOST_BYTES", 100)
    with pytest.raises(CurveRefused, match="larger than"):
        read_points(path)


def aavso(folder: Path) -> Path:
    """Differences and standard magnitudes of one star in the AAVSO's own columns."""
    rows = []
    for k, time in enumerate(TIMES):
        for system, mag in (("DIFF", -0.7), ("STD", 11.2)):
            cells = [""] * 21
            cells[0], cells[1], cells[2], cells[4] = (
                f"{time}",
                f"{mag + 0.01 * (k % 3)}",
                "0.02",
                "V",
            )
            cells[17], cells[19] = "Wy Hya", system
            rows.append(",".join(cells))
    return written(folder, "\n".join(rows) + "\n", "aavso.csv")


async def test_the_child_never_mixes_differences_and_standard_magnitudes(tmp_path: Path) -> None:
    path = str(aavso(tmp_path)).encode()
    science = Science()
    try:
        asked = EventsRequest(path=path, threshold=5.0, side=-2.0, most=5)
        with pytest.raises(FileDamaged, match=r"2 curves.*DIFF.*STD.*--system"):
            await science.curve(asked)
        answer = await science.curve(msgspec.structs.replace(asked, system="STD"))
        assert answer.curve.good == 40 and answer.curve.mean == pytest.approx(11.21, abs=0.01)
        assert answer.events == ()
        with pytest.raises(FileDamaged, match="No point"):
            await science.curve(msgspec.structs.replace(asked, band="TG"))
        with pytest.raises(FileDamaged, match="Too many frequencies"):
            await science.curve(
                PeriodsRequest(path=path, system="STD", shortest_d=1e-5, most=100_000)
            )
        with pytest.raises(FileDamaged, match="cannot be read: No such file"):
            await science.curve(MinimumRequest(path=b"/nowhere/curve.txt"))
    finally:
        await science.close()


async def test_a_part_of_the_curve_is_chosen_by_its_days(tmp_path: Path) -> None:
    science = Science()
    try:
        answer = await science.curve(
            EventsRequest(
                path=str(aavso(tmp_path)).encode(),
                system="STD",
                since=2460001.0,
                until=2460002.0,
                threshold=5.0,
                side=-2.0,
                most=5,
            )
        )
        assert (answer.curve.points, answer.curve.first) == (5, 2460001.0)
    finally:
        await science.close()


def run(folder: Path, *line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "crowdsky_tui", "--defaults", "curves", *line],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=120,
    )


def varying(folder: Path) -> Path:
    """A sine of 0.31 d with a flare and, apart from it, an eclipse."""
    random = np.random.default_rng(1)
    times = np.concatenate([2460000.0 + night + np.arange(30) * 0.0104 for night in range(12)])
    mags = 12 + random.normal(0, 0.01, len(times))
    mags[95:98] -= 0.3
    mags[185:200] += 0.2 * np.exp(-(((np.arange(15) - 7) / 3) ** 2))
    rows = (f"{time:.5f} {mag:.4f} 0.01" for time, mag in zip(times, mags, strict=True))
    return written(folder, "\n".join(rows) + "\n")


def test_the_verb_tells_what_happened(tmp_path: Path) -> None:
    path = varying(tmp_path)
    told = run(tmp_path, "events", path.name, "--json")
    assert told.returncode == 0, told.stderr
    document = document_of(told)
    assert sorted(event["snr"] > 0 for event in document["events"]) == [False, True]
    assert document["curve"]["good"] == 360
    words = run(tmp_path, "events", path.name)
    assert "brighter" in words.stdout and "fainter" in words.stdout
    only = run(tmp_path, "events", path.name, "--brightening", "--json")
    assert len(document_of(only)["events"]) == 1


def test_the_verb_tells_minimum_and_period(tmp_path: Path) -> None:
    path = varying(tmp_path)
    day = 2460006.0 + 5 * 0.0104
    window = ["--since", f"{day - 0.002}", "--until", f"{day + 14 * 0.0104 + 0.002}"]
    told = run(tmp_path, "minimum", path.name, *window, "--json")
    assert told.returncode == 0, told.stderr
    found = document_of(told)["minimum"]
    assert abs(found["time"] - (day + 7 * 0.0104)) < max(4 * found["error"], 0.002)
    period = run(tmp_path, "period", path.name)
    assert period.returncode == 0 and "by chance" in period.stdout
    assert period.stdout.count(" d (") == 3 * 4, "no period stands alone"
    refused = run(tmp_path, "period", path.name, "--shortest", "0.00001")
    assert refused.returncode == 3 and "Too many frequencies" in refused.stderr


def test_the_verb_tells_what_would_have_been_found(tmp_path: Path) -> None:
    path = varying(tmp_path)
    line = ["inject", path.name, "--width", "2", "--mag", "0.005", "--mag", "0.5", "--trials", "20"]
    told = run(tmp_path, *line, "--json")
    assert told.returncode == 0, told.stderr
    document = document_of(told)
    little, much = (cell["recovered"] for cell in document["cells"])
    assert little == 0 and much >= 15
    assert "an eclipse of 2 h would" in document["sentences"][0]
    assert len(document["false_alarms"]) == 2
    assert f"{much} of 20" in told.stderr, "how far it is"
    again = run(tmp_path, *line, "--json")
    assert again.stdout == told.stdout


@pytest.mark.parametrize(
    "line",
    [
        ["events", "x", "--period", "0.5"],
        ["period", "x", "--shortest", "nan"],
        ["inject", "x", "--mag", "0"],
        ["inject", "x", "--shape", "square"],
        ["events"],
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(tmp_path: Path, line: list[str]) -> None:
    told = run(tmp_path, *line)
    assert told.returncode == 2, told.stderr


async def test_published_answers_come_through_the_child() -> None:
    sample("CMDra7024.lc")
    science = Science()
    try:
        path = str(FOLDER / "CMDra7024.lc").encode()
        minimum = (await science.curve(MinimumRequest(path=path, flux=True, rms=0.00138))).minimum
        assert minimum is not None
        assert abs(minimum.time - 58739.9291169) * 86400 < 0.04
        assert minimum.formal_error == pytest.approx(0.0000125, abs=5e-8)
        path = str(FOLDER / "tcas.csv").encode()
        asked = PeriodsRequest(path=path, shortest_d=50, longest_d=3000, most=100_000)
        answer = await science.curve(asked)
        assert answer.candidates[0].period == pytest.approx(437.3, abs=0.5)
    finally:
        await science.close()


def eclipse_file(folder: Path) -> Path:
    times = 2457501.80 + 0.004 * np.arange(40)
    mags = 8 + 0.4 * np.exp(-(((times - 2457501.86733) / 0.02) ** 2))
    rows = (f"{time:.6f} {mag:.6f} 0.001" for time, mag in zip(times, mags, strict=True))
    return written(folder, "\n".join(rows) + "\n", "xsgr.txt")


def test_a_minimum_is_told_on_other_scales_and_against_an_ephemeris(tmp_path: Path) -> None:
    path = eclipse_file(tmp_path)
    place = ["--ra", "266.89013", "--dec", "-27.83081"]
    late = ["--period", "0.7", "--epoch", "2457500.11"]
    told = run(tmp_path, "minimum", path.name, *place, *late, "--json")
    assert told.returncode == 0, told.stderr
    timing = document_of(told)["timing"]
    assert abs(timing["hjd_utc"] - 2457501.87074731) * 86400 < 2
    assert 64 < (timing["bjd_tdb"] - timing["hjd_utc"]) * 86400 < 74
    assert timing["cycle"] == 2.5
    assert timing["observed_minus_computed_d"] == pytest.approx(0.00733, abs=1e-4)
    words = run(tmp_path, "minimum", path.name, *place, *late).stdout
    assert "HJD (UTC) 2457501.8707" in words and "cycle 2.5" in words
    assert document_of(run(tmp_path, "minimum", path.name, "--json"))["timing"] == {
        "hjd_utc": None,
        "bjd_tdb": None,
        "cycle": None,
        "observed_minus_computed_d": None,
    }
    for half in (["--ra", "10"], ["--epoch", "2457500"]):
        assert run(tmp_path, "minimum", path.name, *half).returncode == 2


def test_none_found_leaves_a_rate_possible(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    times = np.concatenate([2460000.0 + night + np.arange(30) * 0.0104 for night in range(12)])
    rows = (f"{time:.5f} {random.normal(12, 0.01):.4f} 0.01" for time in times)
    path = written(tmp_path, "\n".join(rows) + "\n")
    line = ["inject", path.name, "--width", "2", "--mag", "0.5", "--trials", "20"]
    document = document_of(run(tmp_path, *line, "--json"))
    (limit,) = document["rate_limits"]
    part = document["cells"][0]["recovered"] / 20
    watched = document["coverage"][0]["part"] * (times[-1] - times[0])
    assert limit["most_per_day"] == pytest.approx(2.9957 / (watched * part), rel=1e-3)
    assert "begin in a day (95 %)" in run(tmp_path, *line).stdout
    seen = ["inject", varying(tmp_path).name, "--width", "2", "--mag", "0.5", "--trials", "5"]
    assert document_of(run(tmp_path, *seen, "--json"))["rate_limits"] == []


class Registered:
    """An entry point, as a package would have one."""

    def __init__(self, name: str, finder: object) -> None:
        self.name, self._finder = name, finder

    def load(self) -> object:
        if isinstance(self._finder, Exception):
            raise self._finder
        return self._finder


def event_at(day: float) -> Event:
    return Event(day, day, day, 9.0, 12.0, 0.3, 1, 0)


@pytest.mark.parametrize(
    ("finder", "why"),
    [
        (lambda *curve: [event_at(1e9)], "outside the curve"),
        (lambda *curve: ["a flare"], "or is none"),
        (lambda *curve: 1 / 0, "ZeroDivisionError"),
        (lambda *curve: None, "TypeError"),
        (ImportError("gone"), "ImportError"),
        ("no callable", "no callable"),
    ],
)
def test_another_packages_finder_that_is_wrong_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, finder: object, why: str
) -> None:
    registered = [Registered("theirs", finder)]
    monkeypatch.setattr(own_finders, "entry_points", lambda group: registered)
    with pytest.raises(CurveRefused, match=f"theirs.*{why}"):
        own_finders.find_with("theirs", make_curve(TIMES, [12.0] * 40))


def test_another_packages_finder_is_used_and_cannot_change_the_curve(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def finder(times: Floats, flux: Floats, errors: Floats, flags: Floats) -> list[Event]:
        found = event_at(float(times[3]))
        times[:], flags[:] = 0, 1
        return [found]

    monkeypatch.setattr(own_finders, "entry_points", lambda group: [Registered("theirs", finder)])
    curve = make_curve(TIMES, [12.0] * 40)
    assert own_finders.find_with("theirs", curve) == [event_at(TIMES[3])]
    assert curve.times.tolist() == TIMES and not curve.flags.any()
    with pytest.raises(CurveRefused, match="No finder 'mine': theirs"):
        own_finders.own_finder("mine")


def test_the_verb_names_a_finder_that_is_not_there(tmp_path: Path) -> None:
    told = run(tmp_path, "events", varying(tmp_path).name, "--finder", "theirs")
    assert told.returncode == 3 and "No finder 'theirs'" in told.stderr


def test_numbers_that_may_be_fluxes_are_asked_about(tmp_path: Path) -> None:
    times = 58739.88 + 0.003 * np.arange(30)
    light = 1 - 0.4 * np.exp(-(((times - 58739.925) / 0.012) ** 2))
    rows = "".join(f"{time:.5f} {flux:.5f}\n" for time, flux in zip(times, light, strict=True))
    path = written(tmp_path, rows)
    told = run(tmp_path, "minimum", path.name)
    assert told.returncode == 3 and "say --flux" in told.stderr
    asked = document_of(run(tmp_path, "minimum", path.name, "--flux", "--json"))
    assert asked["minimum"]["time"] == pytest.approx(58739.925, abs=1e-3)
    faint = written(tmp_path, rows.replace(" 0.", " 10.").replace(" 1.", " 11."), "faint.txt")
    assert "--flux" not in run(tmp_path, "minimum", faint.name).stderr
