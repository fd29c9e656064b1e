"""What a telescope's frames of one kind have in common: colour term, correlated noise. No numpy.

A field of thirty stars tells a frame's colour term to 0.03 mag for each magnitude of colour, so the
median of many frames stands in for each frame's own; of the noise's correlation as well.
"""

from collections.abc import Iterable, Mapping
from math import pi, sqrt
from statistics import median

import msgspec

from crowdsky_tui.photometry.frame_messages import Chain, FrameMeasure, StarPoint

FEWEST_FRAMES = 3
UNKNOWN_CORRELATION = 2.0
"""What a frame has that is too crowded to tell its own."""
MAD_SIGMA = 1.4826


class ChainTerms(msgspec.Struct, frozen=True, kw_only=True):
    """Of one telescope, filter and way to make frames.

    Attributes
    ----------
    frames
        How many there are; with fewer than three each frame's own terms are taken.
    colour_term, colour_term_error
        k, in magnitudes for each magnitude of the catalogue's colour `colour_kind`, and its error.
        None: no frame tells it.
    correlation
        c: noise of an aperture by that of its pixels. None: no frame tells it.
    """

    telescope: str
    filter: str
    chain: Chain
    frames: int
    colour_kind: str = ""
    colour_term: float | None = None
    colour_term_error: float | None = None
    correlation: float | None = None

    @property
    def words(self) -> str:
        """One line of it."""
        told = [f"{self.chain}: {self.frames} frames"]
        if self.colour_term is not None:
            error = "" if self.colour_term_error is None else f" ± {self.colour_term_error:.3f}"
            told.append(f"colour term {self.colour_term:+.3f}{error} ({self.colour_kind})")
        if self.correlation is not None:
            told.append(f"correlated noise {self.correlation:.2f} times")
        return ", ".join(told)


Key = tuple[str, str, Chain]


def key_of(frame: FrameMeasure) -> Key:
    """What frames have in common that share their terms."""
    return frame.telescope, frame.filter, frame.chain


def chain_terms(frames: Iterable[FrameMeasure]) -> dict[Key, ChainTerms]:
    """The terms of each telescope, filter and chain."""
    groups: dict[Key, list[FrameMeasure]] = {}
    for frame in frames:
        groups.setdefault(key_of(frame), []).append(frame)
    return {key: _terms(key, groups[key]) for key in sorted(groups)}


def _terms(key: Key, frames: list[FrameMeasure]) -> ChainTerms:
    telescope, filter_name, chain = key
    kinds = [each.colour_kind for each in frames if each.colour_zero is not None]
    kind = max(sorted(set(kinds)), key=kinds.count, default="")
    k = [
        each.colour_term
        for each in frames
        if each.colour_zero is not None and each.colour_kind == kind and each.verdict != "poor"
    ]
    c = [each.correlation for each in frames if each.correlation != UNKNOWN_CORRELATION]
    middle, error = None, None
    if kind and k:
        middle = median(k)
        spread = MAD_SIGMA * median(abs(each - middle) for each in k)
        error = sqrt(pi / 2) * spread / sqrt(len(k)) if len(k) > 1 else None
    return ChainTerms(
        telescope=telescope,
        filter=filter_name,
        chain=chain,
        frames=len(frames),
        colour_kind=kind,
        colour_term=middle,
        colour_term_error=error,
        correlation=median(c) if c else None,
    )


def referred(point: StarPoint, frame: FrameMeasure, terms: Mapping[Key, ChainTerms]) -> StarPoint:
    """The point with its chain's colour term and noise in the place of its frame's own."""
    told = terms.get(key_of(frame))
    if told is None or told.frames < FEWEST_FRAMES:
        return point
    mag, error = point.mag, point.flux_error
    colour, zero = point.catalogue_colour, frame.colour_zero
    if mag is not None and colour is not None and told.colour_kind == frame.colour_kind:
        change = (told.colour_term or 0.0) - frame.colour_term
        mag += 0.0 if zero is None or told.colour_term is None else change * (colour - zero)
    if told.correlation is not None:
        dark = pi * frame.radius_px**2 * frame.noise**2
        square = error**2 + (told.correlation**2 - frame.correlation**2) * dark
        error = sqrt(square) if square > 0 else error
    return msgspec.structs.replace(point, mag=mag, flux_error=error)
