"""What the CrowdSky worker makes of raw sub-frames: one cube, as a telescope would have stacked it.

Filters and exposures are mixed without a word, and a frame that was sent twice weighs twice.
"""

from pathlib import Path

import numpy as np

from crowdsky_tui.simulator.fits import fits_bytes, read_fits
from crowdsky_tui.simulator.frames import Stack
from crowdsky_tui.simulator.sky import debayer


def stack_raws(paths: list[Path], into: Path) -> None:
    """Write the mean of raw Bayer frames as a stack of three planes.

    Blocking. Raises OSError if a frame is missing, ValueError if one is damaged or of another size.
    """
    frames = [read_fits(path) for path in paths]
    shapes = {pixels.shape for _, pixels in frames}
    if len(shapes) != 1 or len(next(iter(shapes))) != 2:
        raise ValueError("the raw files are not frames of one size")
    total = np.zeros(frames[0][1].shape, np.float32)
    for _, pixels in frames:
        total += pixels
    stack = Stack(debayer(total / np.float32(len(frames))), frames[0][0], len(frames))
    planes = np.clip(np.rint(stack.planes), 0, 65535).astype(np.uint16)
    into.write_bytes(fits_bytes(planes, stack.cards))
