"""The morning's walk to a curve: 80×24, 64 kbit/s, the demo night, by keys and without the manual.

`WALK_SCREENS=docs/pictures pytest -m long tests/pty/test_curves_walk.py` draws it for the README.
"""

import re
import sys
from pathlib import Path
from time import monotonic

import pytest
from terminal import Terminal
from test_walk import LINK_BYTES_S, START_S, WORK_S, keep

BLOCKS = 10
FIELD = r"▸M 81 +S50 a349 +\d+ +\d+ +(\d+) +(\d+) "


def counted(screen: str, group: int) -> int:
    """Blocks of the field's row that are stacked (1) or proved (2); 0 while it is not chosen."""
    row = re.search(FIELD, screen)
    return int(row[group]) if row else 0


def wait_until_measured(terminal: Terminal) -> None:
    """Read the curves again until the last of the good blocks is among them."""
    ends = monotonic() + WORK_S
    while "3 varied" not in terminal.wait_for("Curves") or "6/7" not in shown(terminal):
        assert monotonic() < ends, shown(terminal)
        terminal.press("r")
        terminal.read(2.0)


def shown(terminal: Terminal) -> str:
    return "\n".join(terminal.screen.display)


@pytest.mark.long
def test_morning_report_star_curve_frame_and_export(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "crowdsky_tui", "--demo")
    colours = {"COLORTERM": "truecolor"}
    with Terminal(
        command, bytes_s=LINK_BYTES_S, environment=colours, cwd=str(tmp_path)
    ) as terminal:
        terminal.wait_for("NGC 7000", START_S)
        for _ in range(8):
            if re.search(FIELD, shown(terminal)):
                break
            terminal.press("down")
            terminal.read(0.5)
        terminal.press("s")
        terminal.wait_for(lambda text: counted(text, 1) == BLOCKS, WORK_S)
        terminal.press("u")
        terminal.wait_for(lambda text: counted(text, 2) == BLOCKS, WORK_S)
        terminal.press("7")
        wait_until_measured(terminal)
        terminal.press("escape")
        terminal.wait_for("1 Targets")

        terminal.press("m")
        terminal.wait_for("Demo eclipsing (TG) varied by", WORK_S)
        assert "blocks are proved" in shown(terminal), "the first page, and nothing was pressed"
        keep(terminal, "5-report")
        terminal.press("escape")
        terminal.wait_for("1 Targets")
        terminal.press("7")
        terminal.wait_for("4 stars, 3 varied", WORK_S)
        assert "No project has" not in terminal.wait_for("comparison stars", WORK_S)
        keep(terminal, "6-curve")
        terminal.press("p")
        terminal.wait_for("period in days")
        terminal.press("enter")
        terminal.wait_for("0 is the known epoch", WORK_S)
        keep(terminal, "7-fold")
        terminal.press("p")
        terminal.wait_for(lambda text: "folded on" not in text)
        terminal.press("left", "enter")
        terminal.wait_for("▀▀▀▀", WORK_S)
        terminal.press("escape")
        terminal.wait_for("3 varied")
        terminal.press("e")
        terminal.wait_for("Export Demo eclipsing")
        terminal.press("enter")
        terminal.wait_for(".csv", WORK_S)
    (written,) = tmp_path.glob("*.csv")
    assert "Demo eclipsing" in written.read_text()
