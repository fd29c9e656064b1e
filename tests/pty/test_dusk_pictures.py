"""`--demo dusk`, then untouched: plan, night, proofs, curves, report. The README's five pictures.

`WALK_SCREENS=docs/pictures pytest -m long tests/pty/test_dusk_pictures.py` draws them (20 min).
"""

import os
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from portrait import save_portrait
from terminal import Terminal
from test_walk import LINK_BYTES_S, SETTLED_S, START_S

from crowdsky_tui.tui.screens.curve_findings import KEYS as CURVE_KEYS
from crowdsky_tui.tui.screens.dashboard import KEYS as DASHBOARD_KEYS
from crowdsky_tui.tui.screens.plan import KEYS as PLAN_KEYS

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
NIGHT_S, MEASURED_S = 2400.0, 1200.0
SHOWN = {
    "1-plan": (("M 101", "dark 18:00"), PLAN_KEYS),
    "2-night": (("SAFE", "observing", "observes the plan"), DASHBOARD_KEYS),
    "3-proofs": (("blocks, ", " proved", "✓ confirmed"), ()),
    "4-curves": (("varied", "good"), CURVE_KEYS),
    "5-report": (("blocks are proved",), ()),
}
"""What each picture shows: words, and the keys that its screen has today."""


def keep(terminal: Terminal, name: str) -> None:
    """Check that the screen shows what it should, and draw it where that is asked for."""
    words, _ = SHOWN[name]
    terminal.wait_for(lambda text: all(each in text for each in words), START_S)
    if folder := os.environ.get("WALK_SCREENS"):
        terminal.read(SETTLED_S)
        path = Path(folder, f"dusk-{name}.svg")
        save_portrait(terminal.screen, path, "crowdsky-tui --demo dusk")


def look(terminal: Terminal, key: str, name: str) -> None:
    """Open a screen, keep it, and leave it."""
    terminal.press(key)
    keep(terminal, name)
    terminal.press("escape")
    terminal.wait_for("4 Server", START_S)


def all_proved(text: str) -> bool:
    """Whether the dashboard says that the night is over and all of it is proved."""
    found = re.search(r"(\d+) of (\d+) proved", text)
    return found is not None and found[1] == found[2] and "nothing more tonight" in text


@pytest.mark.long
def test_the_night_goes_from_plan_to_report_untouched(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "crowdsky_tui", "--demo", "dusk")
    with Terminal(
        command, columns=100, rows=30, bytes_s=LINK_BYTES_S,
        environment={"COLORTERM": "truecolor"}, cwd=str(tmp_path),
    ) as terminal:  # fmt: skip
        terminal.wait_for("4 Server", START_S)
        look(terminal, "5", "1-plan")
        terminal.press("n")
        terminal.wait_for(lambda text: text.count("observing ") >= 2, NIGHT_S)
        keep(terminal, "2-night")
        terminal.wait_for(all_proved, NIGHT_S)
        terminal.press("escape")
        terminal.wait_for("report: All", NIGHT_S)
        look(terminal, "b", "3-proofs")
        terminal.press("7")
        while "3 varied" not in terminal.wait_for("Curves", MEASURED_S):
            terminal.press("r")
            terminal.read(SETTLED_S)
        keep(terminal, "4-curves")
        terminal.press("escape")
        terminal.wait_for("4 Server", START_S)
        terminal.press("m")
        keep(terminal, "5-report")


def words_in(picture: Path) -> str:
    """All that a picture shows as text, without its blanks."""
    return unspaced("".join(ElementTree.parse(picture).getroot().itertext()))


def unspaced(text: str) -> str:
    """Blanks are places in a picture, not characters."""
    return "".join(text.split())


@pytest.mark.parametrize("name", SHOWN)
def test_each_picture_shows_what_the_readme_says_of_it(name: str) -> None:
    picture = PICTURES / f"dusk-{name}.svg"
    assert f"docs/pictures/{picture.name}" in (ROOT / "README.md").read_text()
    shown, (words, _) = words_in(picture), SHOWN[name]
    assert [each for each in words if unspaced(each) not in shown] == []


@pytest.mark.long
def test_the_pictures_have_the_keys_of_today() -> None:
    for name, (_, keys) in SHOWN.items():
        shown = words_in(PICTURES / f"dusk-{name}.svg")
        assert [words for _, words in keys if unspaced(words) not in shown] == [], name
