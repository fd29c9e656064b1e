"""Numbers on the command line: finite, within limits, and refused in plain words."""

import argparse
from collections.abc import Callable
from math import nan

from crowdsky_tui.base.text import clean


def number(least: float, most: float, what: str, *, whole: bool = False) -> Callable[[str], float]:
    """What reads an option's number, which is finite and within these limits."""

    def read(text: str) -> float:
        try:
            value = int(text) if whole else float(text)
        except ValueError:
            value = nan
        if not least <= value <= most:
            told = clean(text, 40)
            raise argparse.ArgumentTypeError(f"{told} is not {what}, {least:g} to {most:g}")
        return value

    return read
