"""Hints of a whole screen, in as many lines as they need: none of them is cut off."""

from collections.abc import Sequence

from crowdsky_tui.tui.widgets.paint import Part, parts_width

Keys = Sequence[tuple[str, str]]
"""A key and its word, which may be empty."""


def flowing(chunks: Sequence[Sequence[Part]], width: int) -> list[list[Part]]:
    """Chunks side by side in lines of at most `width` cells; a chunk is never broken."""
    lines: list[list[Part]] = [[]]
    for chunk in chunks:
        if lines[-1] and parts_width([*lines[-1], *chunk]) > width:
            lines.append([])
        lines[-1] += chunk
    return lines


def key_lines(keys: Keys, width: int) -> list[list[Part]]:
    """All keys with their words."""
    return flowing(
        [[(f" {key}", "key"), (f" {word}" if word else "", "dim")] for key, word in keys], width
    )
