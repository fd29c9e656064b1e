"""The eight places by their number, over 64 kbit/s at 80×24: a second each, and back."""

import sys
from pathlib import Path

import pytest
from terminal import Terminal
from test_dialog_bytes import APP, LINK_BYTES_S

PLACES = {
    "1": "1 Targets",
    "2": "2 Blocks",
    "3": "3 Job log",
    "4": "4 Server",
    "5": "chosen 0.6100",
    "6": "telescope.org",
    "7": "comparison stars",
    "8": "Temperature tonight",
    "n": "in the inbox",
}
"""Each with words that are there once it is filled."""
AT_ONCE = ("1", "2", "3", "4")
QUIET_S = 0.25
PATIENCE_S = 30.0


def open_place(terminal: Terminal, place: str) -> int:
    """Go there by its key; the bytes that it took to be filled and at rest."""
    before = len(terminal.output)
    terminal.press(place)
    terminal.wait_for(PLACES[place], PATIENCE_S)
    return rest(terminal) - before


def rest(terminal: Terminal) -> int:
    """Bytes written in all, once nothing more comes."""
    while terminal.read(QUIET_S):
        pass
    return len(terminal.output)


def walk(terminal: Terminal, places: str) -> dict[str, int]:
    """The most bytes that going to a place, or back from it, took."""
    terminal.wait_for(lambda text: "NGC 7000" in text and "q quit" in text, PATIENCE_S)
    rest(terminal)
    costs = {}
    for place in places:
        costs[place] = open_place(terminal, place)
        if place not in AT_ONCE:
            before = len(terminal.output)
            terminal.press("escape")
            terminal.wait_for("4 Server", PATIENCE_S)
            costs[place] = max(costs[place], rest(terminal) - before)
    return costs


@pytest.mark.parametrize(
    ("places", "link"),
    [("578", None), pytest.param("".join(PLACES), LINK_BYTES_S, marks=pytest.mark.long)],
)
def test_each_place_comes_and_goes_within_a_second_of_the_line(
    tmp_path: Path, places: str, link: int | None
) -> None:
    command = [sys.executable, APP, "full", str(tmp_path), "no-jobs"]
    with Terminal(command, environment={"COLORTERM": "truecolor"}, bytes_s=link) as terminal:
        costs = walk(terminal, places)
    assert {place: count for place, count in costs.items() if count > LINK_BYTES_S} == {}
