"""What a frame's calibration says against it, beside the others of its night. Pure; no numpy."""

from collections import defaultdict
from collections.abc import Iterable
from math import floor
from statistics import median

from crowdsky_tui.base.text import clean
from crowdsky_tui.curves.product import Product
from crowdsky_tui.photometry.frame_messages import FrameMeasure
from crowdsky_tui.timeseries.quality import (
    CLOUD_MADS,
    CLOUD_MAG,
    FEWEST_FRAMES,
    FRAME_RMS_MAG,
    LEAST_SPREAD_MAG,
    MAD_SIGMA,
    WIDE,
)

Kind = tuple[str, str, float]


def frame_words(products: Iterable[Product]) -> dict[str, str]:
    """Words about each frame that is worse than its night's others, by its SHA-256.

    A night's frames are those of one telescope and filter from one noon UTC to the next; a frame
    alone in its night is compared with nothing. The limits are those of the points' quality bits.
    """
    nights: defaultdict[Kind, list[tuple[str, FrameMeasure]]] = defaultdict(list)
    for each in products:
        if each.measure is not None and each.measure.jd_utc is not None:
            kind = (each.measure.telescope, each.measure.filter, floor(each.measure.jd_utc))
            nights[kind].append((each.key, each.measure))
    found = {}
    for frames in nights.values():
        usual, lowest = _usual_and_lowest([frame.zero_point for _, frame in frames])
        width = median(frame.fwhm_px for _, frame in frames)
        for key, frame in frames:
            if words := _words(frame, usual, lowest, width):
                found[key] = words
    return found


def _usual_and_lowest(zero_points: list[float]) -> tuple[float, float]:
    """The median zero point, and the one below which there was cloud."""
    usual = median(zero_points)
    if len(zero_points) < FEWEST_FRAMES:
        return usual, usual - CLOUD_MAG
    spread = MAD_SIGMA * median(abs(each - usual) for each in zero_points)
    return usual, usual - min(CLOUD_MAG, CLOUD_MADS * max(spread, LEAST_SPREAD_MAG))


def _words(frame: FrameMeasure, usual: float, lowest: float, width: float) -> str:
    said = []
    if frame.zero_point < lowest:
        said.append(f"zero point {usual - frame.zero_point:.1f} mag low: cloud")
    if frame.zero_point_rms > FRAME_RMS_MAG:
        said.append(f"its stars differ by {frame.zero_point_rms:.2f} mag from the catalogue")
    if frame.fwhm_px > WIDE * width:
        said.append(f"stars {frame.fwhm_px / width:.1f} times as wide as in its night")
    if frame.verdict == "poor":
        said.append(f"{frame.calibrators} stars calibrate it: poor for photometry")
    return clean("; ".join(said), 200)
