"""Budgets of the real program in a terminal: bytes, wake-ups, modules. None of them is a time."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.budgets import BUDGETS
from bench.feel import rest, settle
from bench.pty import Session
from bench.setup import settings, standins, storm_settings
from bench.start import HEAVY, modules_before_first_frame, open_app
from bench.system import has_proc


def assert_quiet(session: Session, seconds: float) -> None:
    """The program may write and wake up so often only; what it wrote is the culprit."""
    before = len(session.output)
    state = rest(session, seconds)
    written = session.plain(before)[:400]
    limit = BUDGETS["idle-bytes"].limit
    assert state.bytes_s <= limit, f"idle, it wrote {state.bytes_s:.0f} B/s: {written!r}"
    if has_proc():
        most = BUDGETS["idle-wakeups"].limit
        assert state.wakeups_s <= most, f"idle, it woke up {state.wakeups_s:.0f} times a second"


@pytest.fixture(scope="module")
def loaded() -> Iterator[Session]:
    """The program with four telescopes, 2,000 sub-frames and 2,000 rows, on the server's list."""
    with standins("--files", "500", "--rows", "2000") as config, open_app(config) as session:
        session.wait(lambda text: "quit" in text, 30)
        session.send("4")
        session.wait(lambda text: "2000 stacks" in text, 30)
        settle(session)
        yield session


def test_nothing_heavy_is_imported_before_the_first_frame() -> None:
    with settings() as config:
        modules = modules_before_first_frame(config)
    assert "crowdsky_tui.tui.screens.main" in modules
    culprits = {name: modules[name] for name in HEAVY & set(modules)}
    assert culprits == {}, f"imported too early, by these files: {culprits}"


def test_the_first_frame_is_painted_about_once() -> None:
    with settings() as config, open_app(config) as session:
        session.wait(lambda text: "q quit" in text, 30)
        count, limit = len(session.output), BUDGETS["first-frame-bytes"].limit
        assert count <= limit, f"{count} B, the first line {session.plain().count('UTC')} times"


def test_a_full_program_is_quiet_while_nobody_touches_it(loaded: Session) -> None:
    assert_quiet(loaded, 3.0)


@pytest.mark.parametrize(
    ("key", "budget"),
    [
        ("down", "cursor-bytes"),
        ("up", "cursor-bytes"),
        ("pagedown", "page-bytes"),
        ("pageup", "page-bytes"),
    ],
)
def test_a_key_costs_few_bytes_in_a_full_program(loaded: Session, key: str, budget: str) -> None:
    for _ in range(3):
        before = len(loaded.output)
        count = loaded.press_slowly(key).count
        painted = loaded.plain(before)[:400]
        limit = BUDGETS[budget].limit
        assert 0 < count <= limit, f"{key} painted {count} B: {painted!r}"


def test_what_is_away_is_asked_for_quietly() -> None:
    with settings(storm_settings()) as config, open_app(config) as session:
        session.wait(lambda text: "S4" in text, 30)
        session.read(3.0)
        assert_quiet(session, 4.0)
