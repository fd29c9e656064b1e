"""What the app makes of the science child's answers."""

import os
from pathlib import Path
from typing import TypeVar

from crowdsky_tui.base.errors import ScienceUnavailable
from crowdsky_tui.base.text import clean

T = TypeVar("T")


def name_of(path: bytes) -> str:
    """A file's name, for a person to read."""
    return clean(Path(os.fsdecode(path)).name, 100)


def given(answer: T | None, what: str) -> T:
    """What the child was asked for. ScienceUnavailable if it answered something else."""
    if answer is None:
        raise ScienceUnavailable(f"the science child gave no {what}")
    return answer
