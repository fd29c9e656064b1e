"""Where in the settings files the user's keys are set. No Textual."""

import re
from collections.abc import Iterable
from pathlib import Path

from crowdsky_tui.base.files import read_plain

_SECTION = re.compile(r"\s*\[\s*(?P<name>[^\]]+?)\s*\]")
_KEY = re.compile(r"""\s*(?:keymap\s*\.\s*)?["']?(?P<id>[^"'=\s.]+)["']?\s*=""")


def keymap_lines(paths: Iterable[Path]) -> dict[str, str]:
    """`{"stack": "config.toml, line 12"}`: later files win, as they do in the settings.

    A file that is not there, or cannot be read, has no lines.
    """
    found: dict[str, str] = {}
    for path in paths:
        try:
            lines = read_plain(path).decode("utf-8-sig", errors="replace").splitlines()
        except OSError:
            continue
        found |= {key: f"{path.name}, line {number}" for key, number in _lines(lines)}
    return found


def _lines(lines: list[str]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    section = ""
    for number, line in enumerate(lines, start=1):
        if header := _SECTION.match(line):
            section = header["name"]
        elif (key := _KEY.match(line)) and (section == "keymap" or _dotted(section, line)):
            found.append((key["id"], number))
    return found


def _dotted(section: str, line: str) -> bool:
    return not section and line.lstrip().startswith("keymap")
