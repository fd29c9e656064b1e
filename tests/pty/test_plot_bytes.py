"""What a plot costs on the wire at 80×24."""

import sys
from pathlib import Path

import pytest
from terminal import Terminal
from test_dialog_bytes import APP, CALM_S, cost

CURSOR_BYTES = 5_000


@pytest.mark.parametrize("glyphs", ["full", "plain"])
def test_a_cursor_in_a_plot_moves_within_5_kb(tmp_path: Path, glyphs: str) -> None:
    environment = {"COLORTERM": "truecolor"} | ({"TERM": "linux"} if glyphs == "plain" else {})
    command = [sys.executable, APP, "full", str(tmp_path), "no-jobs"]
    with Terminal(command, environment=environment) as terminal:
        terminal.wait_for(lambda text: "NGC 7000" in text and "q quit" in text)
        for key, words in (("0", "Scopes"), ("enter", "p plots"), ("p", "[Temperature]")):
            terminal.press(key)
            terminal.wait_for(words)
        terminal.read(CALM_S)
        costs = [cost(terminal, key) for key in ("left", "left", "pageup", "home", "end", "right")]
        assert max(costs) <= CURSOR_BYTES
        assert max(costs[1:2]) <= 1_500, "a step along the curve is two columns"
        assert cost(terminal, "down") <= CURSOR_BYTES, "another quantity"
        text = terminal.text()
        assert (
            ("*" in text)
            if glyphs == "plain"
            else any(0x2800 < ord(char) < 0x2900 for char in text)
        )
