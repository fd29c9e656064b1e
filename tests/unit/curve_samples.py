"""Real series with published answers. Not ours to keep here: `CROWDSKY_CURVE_SAMPLES` names them.

docs/design/curves.md 2 says where each can be had.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

_BESIDE = [parent / "shared" / "samples" / "curves" for parent in Path(__file__).parents]
FOLDER = Path(
    os.environ.get("CROWDSKY_CURVE_SAMPLES") or next(filter(Path.is_dir, _BESIDE), _BESIDE[0])
)


def sample(name: str, skip_header: int = 0) -> NDArray[np.float64]:
    """A table of numbers, one row for each column; skips, with the reason, where it is not."""
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"{name} is not here: set CROWDSKY_CURVE_SAMPLES to its folder")
    comma = "," if path.suffix == ".csv" else None
    return np.genfromtxt(path, delimiter=comma, skip_header=skip_header, dtype=float).T
