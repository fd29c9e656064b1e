"""Over a line of 1, 4 or 8 kB/s with 300 to 800 ms each way, nobody watches stale frames."""

import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from slow_line import SlowLine

APP = str(Path(__file__).parent / "stub_app.py")
MOST_BACKLOG_S = 1.5
HELD_S = 5.0
SEEN_S = 7.0
"""For a key and its answer, each 0.8 s under way, behind the backlog, on a busy machine."""


def app(folder: Path, bytes_s: float, *extra: str, **options: Any) -> SlowLine:
    command = [sys.executable, APP, "full", str(folder), "no-jobs", *extra]
    return SlowLine(command, bytes_s, **options)


def contains(words: str, text: str) -> bool:
    return words in text


def opened(line: SlowLine) -> None:
    line.until(lambda text: "NGC 7000" in text and "quit" in text, 60)
    line.rest()


def assert_as_painted_anew(line: SlowLine) -> None:
    """The screen at rest, without the clock, is what a full repaint shows."""
    line.rest()
    before = line.cells()
    line.type("ctrl+l")
    line.rest()
    assert line.cells()[1:] == before[1:]


RATES, KEYS = (1000, 4000, 8000), ("tab", "pagedown", "j")
EACH_ONCE = set(zip(RATES, KEYS, strict=True))
"""Every rate and every key in each run; all pairs of them with `-m long`."""


@pytest.mark.parametrize(
    ("bytes_s", "key"),
    [
        pytest.param(rate, key, marks=() if (rate, key) in EACH_ONCE else pytest.mark.long)
        for rate in RATES
        for key in KEYS
    ],
)
def test_a_held_key_leaves_no_backlog(tmp_path: Path, bytes_s: float, key: str) -> None:
    with app(tmp_path, bytes_s) as line:
        opened(line)
        line.type("4")
        line.until(lambda text: "412 stacks" in text, 20)
        line.rest()
        worst, end, before = 0.0, time.monotonic() + HELD_S, line.sent
        while time.monotonic() < end:
            line.hold(key, 0.2)
            worst = max(worst, line.backlog_s)
        assert line.sent - before > 500, f"{key} moves something"
        assert worst <= MOST_BACKLOG_S, f"{key} held: {worst:.1f} s to watch"
        line.type("?")
        line.until(lambda text: "Help" in text, SEEN_S)
        assert line.backlog_s <= MOST_BACKLOG_S
        assert_as_painted_anew(line)
        line.type("escape")
        line.until(lambda text: "Help" not in text, SEEN_S + 5000 / bytes_s)
        assert_as_painted_anew(line)


@pytest.mark.parametrize(("images", "bytes_s"), [("kitty", 1000), ("sixel", 4000)])
def test_a_terminals_own_pictures_never_hold_up_the_keys(
    tmp_path: Path, images: str, bytes_s: float
) -> None:
    none_around = {"TMUX": "", "STY": ""}
    with app(tmp_path, bytes_s, f"images={images}", environment=none_around) as line:
        opened(line)
        line.type("j", "v")
        line.until(lambda text: "its kind" in text, 30)
        line.rest()
        worst, end, before = 0.0, time.monotonic() + HELD_S, line.sent
        while time.monotonic() < end:
            line.hold("s", 0.2)
            worst = max(worst, line.backlog_s)
        assert line.sent - before > 500, "each key shows another picture"
        assert worst <= MOST_BACKLOG_S, f"{images}: {worst:.1f} s to watch"
        line.type("?")
        line.until(lambda text: "Help" in text, SEEN_S)
        line.type("escape")
        line.until(lambda text: "its kind" in text, SEEN_S + 5000 / bytes_s)
        assert_as_painted_anew(line)


def test_no_reports_are_asked_for_while_nothing_is_painted(tmp_path: Path) -> None:
    with app(tmp_path, 1_000_000, delay=(0, 0)) as line:
        opened(line)
        sent, asked = line.sent, line.questions
        assert asked
        line.run(3)
        assert (line.sent, line.questions) == (sent, asked)


def test_where_no_answer_comes_it_is_asked_no_more_and_all_is_painted(tmp_path: Path) -> None:
    with app(tmp_path, 1_000_000, delay=(0, 0), answers=False) as line:
        opened(line)
        line.run(3.5)
        asked = line.questions
        line.type("?")
        line.until(lambda text: "Help" in text, SEEN_S)
        line.type("escape")
        line.until(lambda text: "Help" not in text, SEEN_S)
        line.type("4", "j", "j")
        line.until(lambda text: "412 stacks" in text, SEEN_S)
        assert_as_painted_anew(line)
        assert line.questions == asked


def test_a_lost_answer_stops_the_painting_only_for_a_while(tmp_path: Path) -> None:
    with app(tmp_path, 1_000_000, delay=(0, 0)) as line:
        opened(line)
        line.answers = False
        line.type("?")
        line.until(lambda text: "Help" in text, SEEN_S)
        line.run(1.0)
        line.type("escape")
        line.until(lambda text: "Help" not in text, SEEN_S)
        line.answers = True
        assert_as_painted_anew(line)


@pytest.mark.parametrize("cut", range(1, 6))
def test_an_answer_cut_anywhere_among_keys_is_no_key(tmp_path: Path, cut: int) -> None:
    """Its semicolon and its R would move and read, its ESC close."""
    with app(tmp_path, 1_000_000, delay=(0, 0)) as line:
        opened(line)
        report = "\x1b[1;9R"
        line.answers = False
        for key, shown, after, then in (
            ("2", "[2 Blocks]", "?", "Help"),
            (":", "Commands", "x", "x"),
        ):
            line.type(key)
            line.until(partial(contains, shown), SEEN_S)
            line.type(report[:cut])
            line.run(0.1)
            line.type(report[cut:] + after)
            line.until(partial(contains, then), SEEN_S)
            line.type("\x1b[1;9R")
            line.run(0.3)
            assert then in line.text()
            line.answers = True
            line.type("escape")
            line.until(lambda text: "Help" not in text, SEEN_S)
            line.answers = False
