"""The walk of a new user: 80×24, a link of 64 kbit/s, the demo night, six stacks sent and proved.

`WALK_SCREENS=docs/pictures pytest -m long tests/pty/test_walk.py` draws them for the README.
"""

import os
import re
import sys
from pathlib import Path

import pytest
from portrait import save_portrait
from terminal import Terminal

LINK_BYTES_S = 64_000 // 8
START_S = 60
WORK_S = 120
REVIEWED = 6
SETTLED_S = 2.0


def keep(terminal: Terminal, name: str) -> None:
    """Draw this screen for the README, where that is asked for."""
    if folder := os.environ.get("WALK_SCREENS"):
        terminal.read(SETTLED_S)
        save_portrait(terminal.screen, Path(folder, f"walk-{name}.svg"), "crowdsky-tui --demo")


def sums(screen: str) -> tuple[int, int]:
    """Stacked and proved blocks, summed over the lines of the targets pane."""
    rows = re.findall(r"S50 \w+ +\d+ +\d+ +(\d+) +(\d+) ", screen)
    return sum(int(row[0]) for row in rows), sum(int(row[1]) for row in rows)


@pytest.mark.long
def test_six_stacks_are_seen_kept_sent_and_proved_over_a_slow_link() -> None:
    command = (sys.executable, "-m", "crowdsky_tui", "--demo")
    colours = {"COLORTERM": "truecolor"}
    with Terminal(command, bytes_s=LINK_BYTES_S, environment=colours) as terminal:
        terminal.wait_for("NGC 7000", START_S)
        keep(terminal, "1-targets")
        terminal.press("b")
        assert "blocks" in terminal.wait_for("Night Fri 27 Feb")
        keep(terminal, "2-ribbon")
        terminal.press("escape")
        terminal.wait_for("1 Targets")
        terminal.press("S")
        terminal.wait_for(lambda text: sums(text)[0] >= REVIEWED, WORK_S)

        terminal.press("v")
        for number in range(1, REVIEWED + 1):
            terminal.wait_for(
                lambda text: "grade " in text and "· undecided" in text and "▀▀▀" in text, WORK_S
            )
            if number == 1:
                keep(terminal, "3-review")
            terminal.press("k")
            terminal.wait_for(f"{number} kept")
            terminal.press("n")
        terminal.press("enter")
        terminal.wait_for(f"{REVIEWED} stacks to send")

        terminal.press("escape")
        terminal.wait_for(lambda text: sums(text)[1] >= REVIEWED, WORK_S)
        keep(terminal, "4-proved")
