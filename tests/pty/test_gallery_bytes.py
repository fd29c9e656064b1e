"""What a page of the gallery costs on the link: it must stay bearable at 64 kbit/s."""

import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.pty import Session

STUB = str(Path(__file__).parent / "stub_app.py")
LINK_BYTES_S = 64_000 / 8


ANSWERED_WITHIN_S = 20.0


def settle(session: Session) -> None:
    """Until little has come for a while and no picture is awaited."""
    end = time.monotonic() + ANSWERED_WITHIN_S
    while session.read(0.4) > 200 or "…" in session.screen():
        assert time.monotonic() < end, session.screen()


def pressed(session: Session, key: str) -> int:
    """Bytes that a key brings, once the answer has begun and ended."""
    before, end = len(session.output), time.monotonic() + ANSWERED_WITHIN_S
    session.send(key)
    while len(session.output) == before and time.monotonic() < end:
        session.read(0.1)
    settle(session)
    return len(session.output) - before


@pytest.mark.parametrize(("size", "seconds"), [((80, 24), 2.5), ((200, 50), 10.0)])
def test_a_page_of_pictures_over_a_slow_link(
    tmp_path: Path, size: tuple[int, int], seconds: float
) -> None:
    command = [sys.executable, STUB, "full", str(tmp_path), "no-jobs"]
    with Session(command, columns=size[0], rows=size[1]) as session:
        session.wait(lambda text: "quit" in text, 20)
        settle(session)
        before = len(session.output)
        session.send("p")
        session.wait(lambda text: "▀" in text, 20)
        settle(session)
        greys = len(session.output) - before
        assert greys <= seconds * LINK_BYTES_S, f"a page cost {greys:,} B"
        colours = pressed(session, "c")
        assert colours > 1.3 * greys, f"{greys:,} B in greys, {colours:,} B in colours"
        assert 0 < pressed(session, "\x1b[C") <= 500
