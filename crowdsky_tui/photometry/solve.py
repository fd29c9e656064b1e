"""Where a frame looks: its stars paired with those of a field catalogue. Child only.

Pairs of stars vote: two detections as far apart as two catalogue stars tell a rotation and a shift.
The strongest votes are tried, both ways round (mirrored too), and the best is refined.
"""

from dataclasses import dataclass

import numpy as np

from crowdsky_tui.timeseries.curve import Floats, Integers
from crowdsky_tui.timeseries.errors import CurveRefused

BRIGHTEST = 40
MOST_CATALOGUE = 160
FEW_FIRST = (20, 60)
"""Of detections and of the catalogue: tried first, as most fields need no more."""
DECISIVE, DECISIVE_PAIRS, DECISIVE_PX = 0.5, 16, 5.0
"""A part of the catalogue's stars in the frame that fits so well by no chance, and their least
number: no other place is looked for then."""
SCALE_TOLERANCE = 0.04
"""How far the scale may lie from what the header says, as a part."""
SHORTEST_PX = 60.0
VOTE_DEG, VOTE_PX = 1.0, 12.0
TRIALS = 40
LADDER_PX = (12.0, 5.0, 3.0, 2.0)
FEWEST = 8
GOOD_MEDIAN_PX = 1.0
QUADRATIC_FROM = 20
SPREAD = 0.3
"""Part of the frame along both axes that the pairs must reach over."""


@dataclass(frozen=True, slots=True)
class Solution:
    """From the sky to pixels: gnomonic about a centre, then a polynomial.

    Attributes
    ----------
    ra_deg, dec_deg
        The tangent point.
    terms
        Coefficients of x and of y in pixels, the first pixel's middle at 0; of 1, xi, eta and,
        with six rows, xi^2, xi eta, eta^2 in degrees. Shape (3 or 6, 2).
    pairs
        How many stars it was fitted to.
    rms_px
        How far they lie from it.
    scale_arcsec
        Arcseconds a pixel.
    mirrored
        It shows the sky as a mirror does, with rows counted downward.
    """

    ra_deg: float
    dec_deg: float
    terms: Floats
    pairs: int
    rms_px: float
    scale_arcsec: float
    mirrored: bool

    def pixels(self, ra_deg: Floats, dec_deg: Floats) -> tuple[Floats, Floats]:
        """Where stars stand; NaN for what lies behind. Shapes (n,)."""
        x, y = (_design(*gnomonic(ra_deg, dec_deg, self.ra_deg, self.dec_deg), len(self.terms))
                @ self.terms).T  # fmt: skip
        return x, y


def gnomonic(ra_deg: Floats, dec_deg: Floats, ra0: float, dec0: float) -> tuple[Floats, Floats]:
    """Tangent plane coordinates xi (east), eta (north) in degrees; NaN 90 degrees off or more."""
    ra, dec = np.radians(np.asarray(ra_deg) - ra0), np.radians(dec_deg)
    middle = np.radians(dec0)
    depth = np.sin(middle) * np.sin(dec) + np.cos(middle) * np.cos(dec) * np.cos(ra)
    depth = np.where(depth > 0.01, depth, np.nan)
    xi = np.cos(dec) * np.sin(ra) / depth
    eta = (np.cos(middle) * np.sin(dec) - np.sin(middle) * np.cos(dec) * np.cos(ra)) / depth
    return np.degrees(xi), np.degrees(eta)


def from_gnomonic(xi: float, eta: float, ra0: float, dec0: float) -> tuple[float, float]:
    """Right ascension and declination in degrees of a place in the tangent plane."""
    x, y, middle = np.radians(xi), np.radians(eta), np.radians(dec0)
    out = np.cos(middle) - y * np.sin(middle)
    ra = ra0 + np.degrees(np.arctan2(x, out))
    dec = np.degrees(np.arctan2(np.sin(middle) + y * np.cos(middle), np.hypot(x, out)))
    return float(ra % 360), float(dec)


def _design(xi: Floats, eta: Floats, terms: int) -> Floats:
    rows = [np.ones_like(xi), xi, eta, xi * xi, xi * eta, eta * eta]
    return np.column_stack(rows[:terms])


def solve(
    x: Floats,
    y: Floats,
    ra_deg: Floats,
    dec_deg: Floats,
    mags: Floats,
    shape: tuple[int, int],
    *,
    scale_arcsec: float,
    near: tuple[float, float],
) -> Solution:
    """Find where a frame looks.

    Parameters
    ----------
    x, y
        Detections in pixels, brightest first. Shape (n,).
    ra_deg, dec_deg, mags
        The catalogue, in degrees and magnitudes. Shape (m,).
    shape
        Rows and columns of the frame.
    scale_arcsec
        Arcseconds a pixel, within 4 %.
    near
        About where it looks, in degrees: within a frame's diagonal.

    Raises
    ------
    CurveRefused
        Fewer than eight pairs, or they lie in a corner, or fit badly.
    """
    scale = scale_arcsec / 3600
    xi, eta = gnomonic(ra_deg, dec_deg, *near)
    reach = 1.5 * np.hypot(*shape) * scale
    close = np.flatnonzero(np.hypot(xi, eta) < reach)
    order = close[np.argsort(np.nan_to_num(mags[close], nan=99.0), kind="stable")]
    if len(order) < FEWEST or len(x) < FEWEST:
        why = f"{len(x)} stars in the frame and {len(order)} in the catalogue there"
        raise CurveRefused("The frame cannot be placed in the sky", why)
    some = order[:MOST_CATALOGUE]
    seen = np.column_stack([x, y])
    best, pairs = _best_placed(seen, np.column_stack([xi, eta])[some] / scale)
    if best is None or pairs < FEWEST:
        raise CurveRefused("The frame cannot be placed in the sky", f"{pairs} stars fit at most")
    return _refined(best, some, order, seen, (ra_deg, dec_deg), shape, near)


def _best_placed(seen: Floats, known: Floats) -> tuple[Floats | None, int]:
    """Where the catalogue's stars, in pixels of the tangent plane, fit most stars that are seen.

    Their places, shape (m, 2), None without any; and how many pairs there are.
    """
    best, pairs = None, 0
    for brightest, most in (FEW_FIRST, (BRIGHTEST, MOST_CATALOGUE)):
        for mirror in (1.0, -1.0):
            flipped = known * [mirror, 1.0]
            for move in _votes(seen[:brightest], flipped[:most]):
                turned = (flipped[:, 0] + 1j * flipped[:, 1]) * move[0] + move[1]
                placed = np.column_stack([turned.real, turned.imag])
                mine, theirs = _paired(placed, seen, LADDER_PX[0])
                if len(mine) > pairs:
                    best, pairs = placed, len(mine)
                    if _is_decisive(placed, seen, mine, theirs):
                        return best, pairs
    return best, pairs


def _is_decisive(placed: Floats, seen: Floats, mine: Integers, theirs: Integers) -> bool:
    """Whether so many of the stars that should be in the frame are there that it is no chance."""
    low, high = seen.min(axis=0), seen.max(axis=0)
    inside = int(((placed >= low) & (placed <= high)).all(axis=1).sum())
    close = int((np.hypot(*(placed[mine] - seen[theirs]).T) <= DECISIVE_PX).sum())
    return close >= max(DECISIVE * inside, DECISIVE_PAIRS)


def _votes(seen: Floats, known: Floats) -> list[tuple[complex, complex]]:
    """Turns (with scale) and shifts of the strongest votes, from known to seen."""
    a, b = (points[:, 0] + 1j * points[:, 1] for points in (seen, known))
    i, j = np.triu_indices(len(a), 1)
    k, m = np.nonzero(~np.eye(len(b), dtype=bool))
    wide, far = a[j] - a[i], b[m] - b[k]
    usable = np.abs(wide) >= SHORTEST_PX
    i, wide = i[usable], wide[usable]
    order = np.argsort(np.abs(far))
    k, far = k[order], far[order]
    lengths = np.abs(far)
    first = np.searchsorted(lengths, np.abs(wide) * (1 - SCALE_TOLERANCE))
    last = np.searchsorted(lengths, np.abs(wide) * (1 + SCALE_TOLERANCE))
    counts = last - first
    if not counts.sum():
        return []
    which = np.repeat(np.arange(len(wide)), counts)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + first[which]
    turn = wide[which] / far[place]
    turn /= np.abs(turn)
    shift = a[i[which]] - turn * b[k[place]]
    angle = np.degrees(np.angle(turn))
    bins = np.stack(
        [np.round(angle / VOTE_DEG) % round(360 / VOTE_DEG),
         np.round(shift.real / VOTE_PX), np.round(shift.imag / VOTE_PX)], axis=1
    ).astype(np.int64)  # fmt: skip
    low = bins.min(axis=0)
    size = np.ptp(bins, axis=0) + 1
    flat = ((bins[:, 0] - low[0]) * size[1] + bins[:, 1] - low[1]) * size[2] + bins[:, 2] - low[2]
    _, where, votes = np.unique(flat, return_index=True, return_counts=True)
    strongest = np.argsort(-votes, kind="stable")[:TRIALS]
    found = []
    for each in strongest:
        mine = flat == flat[where[each]]
        found.append((complex(turn[mine].mean()), complex(shift[mine].mean())))
    return found


def _paired(guess: Floats, seen: Floats, limit: float) -> tuple[Integers, Integers]:
    """Places in `guess` and in `seen` of those that are each other's nearest within a limit."""
    across, down = guess[:, None, 0] - seen[None, :, 0], guess[:, None, 1] - seen[None, :, 1]
    apart = across * across + down * down
    apart[np.isnan(apart)] = np.inf
    nearest = apart.argmin(axis=1)
    rows = np.arange(len(guess))
    mutual = (apart.argmin(axis=0)[nearest] == rows) & (apart[rows, nearest] <= limit**2)
    return rows[mutual], nearest[mutual]


def _refined(
    guess: Floats,
    some: Integers,
    order: Integers,
    seen: Floats,
    catalogue: tuple[Floats, Floats],
    shape: tuple[int, int],
    near: tuple[float, float],
) -> Solution:
    """Least squares by ever closer pairs, about the frame's own middle."""
    ra, dec = catalogue[0], catalogue[1]
    chosen, centre = some, near
    for step, limit in enumerate((*LADDER_PX, LADDER_PX[-1])):
        mine, theirs = _paired(guess, seen, limit)
        count = 6 if step > 1 and len(mine) >= QUADRATIC_FROM else 3
        if len(mine) < FEWEST:
            raise CurveRefused("The frame cannot be placed in the sky", f"{len(mine)} stars fit")
        stars = chosen[mine]
        plane = np.column_stack(gnomonic(ra[stars], dec[stars], *centre))
        back = np.column_stack([np.ones(len(mine)), seen[theirs]])
        inverse, *_ = np.linalg.lstsq(back, plane, rcond=None)
        middle = np.array([1.0, (shape[1] - 1) / 2, (shape[0] - 1) / 2]) @ inverse
        centre = from_gnomonic(float(middle[0]), float(middle[1]), *centre)
        design = _design(*gnomonic(ra[stars], dec[stars], *centre), count)
        terms, *_ = np.linalg.lstsq(design, seen[theirs], rcond=None)
        left = np.hypot(*(design @ terms - seen[theirs]).T)
        chosen = order[: 4 * MOST_CATALOGUE]
        guess = _design(*gnomonic(ra[chosen], dec[chosen], *centre), count) @ terms
    found = seen[theirs]
    wide = np.ptp(found, axis=0) / [shape[1], shape[0]]
    if float(np.median(left)) > GOOD_MEDIAN_PX or wide.min() < SPREAD:
        why = f"{len(mine)} pairs, median {np.median(left):.1f} px, over {wide.min():.0%} of it"
        raise CurveRefused("The frame cannot be placed in the sky", why)
    turn = terms[1:3]
    area = float(np.linalg.det(turn))
    return Solution(
        *centre,
        np.asarray(terms, dtype=np.float64),
        pairs=len(mine),
        rms_px=float(np.sqrt((left**2).mean())),
        scale_arcsec=3600 / float(np.sqrt(abs(area))),
        mirrored=area < 0,
    )
