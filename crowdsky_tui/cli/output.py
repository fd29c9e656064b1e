"""How verbs speak: one JSON document or plain lines on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from crowdsky_tui.base.streams import shows, tell_person
from crowdsky_tui.base.text import clean


def print_json(document: Any) -> None:
    """Print exactly one JSON document. Times become ISO 8601 with their offset."""
    text = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
    if not shows(text, sys.stdout.encoding):
        text = json.dumps(json.loads(text), indent=2)  # with all but ASCII escaped
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print aligned columns; text from outside is cleaned here once more, numbers go right."""
    cells = [[_cell(value) for value in row] for row in rows]
    right = [
        all(_is_number(row[column]) for row in cells) if cells else False
        for column in range(len(headings))
    ]
    widths = [
        max([len(heading), *(len(row[column]) for row in cells)])
        for column, heading in enumerate(headings)
    ]
    for line in ([*headings], *cells):
        padded = [
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(line, widths, right, strict=True)
        ]
        print("  ".join(padded).rstrip())


def tell(document: Mapping[str, Any], lines: Sequence[str], *, as_json: bool) -> None:
    """Print the document where --json asks for it, else the lines."""
    if as_json:
        print_json(document)
    else:
        for line in lines:
            print(line)


def say(text: object) -> None:
    """A message to the person, on stderr."""
    tell_person(clean(text, 1000))


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return f"{value:.0f}"
    return clean(value)


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "", 1).isdigit() or text == "-"
