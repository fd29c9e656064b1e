"""The log file is clean, private enough, and capped; the terminal stays untouched."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from crowdsky_tui.base.logfiles import LOG_BYTES, start_log


@pytest.fixture(autouse=True)
def logging_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    root.handlers = []
    yield
    start_log(None)
    root.handlers, root.level = handlers, level


def test_lines_are_clean_and_tracebacks_keep_their_lines(tmp_path: Path) -> None:
    start_log(tmp_path)
    try:
        raise ValueError("a\x1b]52;c;aGk=\x07b")
    except ValueError:
        logging.getLogger("crowdsky_tui.test").exception("with \x1b[2J and \u202e")
    text = (tmp_path / "crowdsky-tui.log").read_text()
    assert "Traceback" in text and len(text.splitlines()) > 2
    assert all(line.isprintable() for line in text.splitlines())


def test_old_logs_do_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crowdsky_tui.base.logfiles.LOG_BYTES", few := LOG_BYTES // 20)
    start_log(tmp_path)
    for number in range(5 * few // 1000):
        logging.getLogger("crowdsky_tui.test").info("%d %s", number, "x" * 1000)
    written = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(written) == 3 and sum(written) < 3.1 * few


def test_nothing_goes_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    start_log(None)
    logging.getLogger("crowdsky_tui.test").error("quiet")
    logging.getLogger("httpx").error("quiet")
    assert capfd.readouterr() == ("", "")


def test_a_line_that_repeats_is_written_once_with_its_count(tmp_path: Path) -> None:
    start_log(tmp_path)
    log = logging.getLogger("crowdsky_tui.test")
    for _ in range(3076):
        log.error("the same again")
    log.info("something else: %s", "x")
    log.info("and on")
    lines = (tmp_path / "crowdsky-tui.log").read_text().splitlines()
    assert len(lines) == 3
    assert lines[1].endswith("(the line before: 3075 times more) something else: x")
    assert lines[2].endswith("test and on")
