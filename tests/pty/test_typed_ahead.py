"""Keys typed ahead over a real terminal: they are for what the key before them opens, never for
the desk behind it."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from terminal import KEYS, Terminal
from test_app_terminal import open_app, opened

sys.path.insert(0, str(Path(__file__).parent.parent / "pilot"))

OPENING = {
    "1": ("/", ":", "\x10", ";", "?", "v", "d", "D", "R", "i", "m", "c", "b", "p", "o", "0", "E",
          "N", "V", "q", "\x03"),
    "2": ("!", "w", "enter", "v"),
    "3": ("x", "enter"),
    "4": ("f", "enter"),
}  # fmt: skip
MORE = ("automatic", "sSuU", "yes", "undo", "jaS", "qaS")
ALL = [(pane, key) for pane, keys in OPENING.items() for key in keys]
SILENT = frozenset({"pane-targets", "pane-blocks", "pane-jobs", "pane-server"})
PALETTE = (":", "\x10")
"""Opens what runs a command by itself, when enter is typed."""
PATIENCE_S = 15


class Noting:
    """The app on a stub night that notes which actions run, and by which screen it is topped."""

    def __init__(self, folder: Path, *extra: str) -> None:
        self.folder = folder
        self.terminal: Terminal = open_app(folder, "full", *extra, columns=120, rows=40)

    def acts(self) -> list[str]:
        """The actions that ran, without those that go to a pane or a row."""
        ran = (self.folder / "acts").read_text().split() if (self.folder / "acts").exists() else []
        return [act for act in ran if act not in SILENT]

    def screen(self) -> str:
        return (self.folder / "acts.screen").read_text()

    def write(self, keys: str) -> None:
        os.write(self.terminal._fd, keys.encode())

    def rest(self) -> None:
        """Read until nothing has come for a while."""
        while self.terminal.read(0.2):
            pass

    def back(self) -> None:
        """Leave whatever is open, however often it takes."""
        end = time.monotonic() + PATIENCE_S
        self.terminal.read(0.25)
        while self.screen() != "DeskScreen":
            assert time.monotonic() < end, self.terminal.text()
            self.write("\x1b")
            self.terminal.read(0.3)
        self.write("\x1b")  # what is filtered or marked
        self.terminal.read(0.3)  # or it would make one key of the next


@pytest.fixture
def noting(tmp_path: Path) -> Iterator[Noting]:
    app = Noting(tmp_path, "noting")
    with app.terminal:
        app.terminal.wait_for(opened)
        yield app


def typed(word: str, pasted: bool) -> str:
    return f"\x1b[200~{word}\x1b[201~" if pasted else word


@pytest.mark.parametrize(
    ("word", "pasted"),
    [
        ("ac", False),
        ("y\raS", False),
        ("automatic", True),
        *(pytest.param(word, False, marks=pytest.mark.long) for word in MORE),
        *(pytest.param(word, True, marks=pytest.mark.long) for word in MORE),
    ],
)
def test_no_word_after_an_opening_key_reaches_the_app(
    noting: Noting, word: str, pasted: bool
) -> None:
    for pane, key in ALL:
        noting.write(pane)
        noting.rest()
        before = len(noting.acts())
        noting.write(KEYS.get(key, key) + typed(word, pasted))
        noting.rest()
        ran = noting.acts()[before:]
        by_command = 1 if key in PALETTE and "\r" in word else 0
        assert len(ran) == 1 + by_command, f"{key!r} and then {word!r} in pane {pane}: {ran}"
        assert noting.terminal.status is None
        noting.back()


@pytest.mark.parametrize("key", ["/", ":", ";", "x", "q"])
def test_nothing_typed_while_the_app_is_held_up_reaches_the_app(tmp_path: Path, key: str) -> None:
    noting = Noting(tmp_path, "stalling")
    with noting.terminal as terminal:
        terminal.wait_for(opened)
        noting.write("3")
        noting.rest()
        before = len(noting.acts())
        noting.write(key)
        for letter in "yauS":
            terminal.read(0.08)
            noting.write(letter)
        noting.rest()
        assert len(noting.acts()) == before + 1, noting.acts()


def test_what_cannot_be_taken_back_never_runs_from_a_key_typed_before_its_question(
    noting: Noting,
) -> None:
    for keys, question in (("xy", "Cancel this job?"), ("qy", "not finished")):
        noting.write("3")
        noting.rest()
        noting.write(keys)
        noting.terminal.wait_for(question)
        noting.rest()
        assert question in noting.terminal.text()
        assert "Cancelled" not in noting.terminal.text()
        assert noting.terminal.status is None
        noting.back()


def test_a_whole_filter_and_a_whole_command_typed_ahead_are_taken(noting: Noting) -> None:
    noting.write("/leo")
    noting.terminal.wait_for(lambda text: "NGC 7000" not in text.partition("2 Blocks")[0][80:])
    noting.back()
    noting.write(":ribbon\r")
    noting.terminal.wait_for("earlier")
    assert noting.acts()[-2:] == ["palette", "ribbon"]
