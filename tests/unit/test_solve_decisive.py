"""A place that fits decisively ends the search, and changes nothing of what is found."""

import numpy as np
import pytest
from photometry_field import DEC, RA, SCALE, SHAPE, Field, make_field

from crowdsky_tui.photometry import solve as solving
from crowdsky_tui.photometry.solve import Solution, solve
from crowdsky_tui.timeseries.curve import Floats
from crowdsky_tui.timeseries.errors import CurveRefused


def solution(field: Field, *, seen: slice = slice(None)) -> Solution:
    order = np.argsort(field.mags)[seen]
    return solve(
        field.x[order], field.y[order], field.ra, field.dec, field.mags, SHAPE,
        scale_arcsec=SCALE * 1.01, near=(RA + 0.02, DEC - 0.05),
    )  # fmt: skip


def counted_votes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many stars of the catalogue each vote was among."""
    votes: list[int] = []
    vote = solving._votes

    def counting(seen: Floats, known: Floats) -> list[tuple[complex, complex]]:
        votes.append(len(known))
        return vote(seen, known)

    monkeypatch.setattr(solving, "_votes", counting)
    return votes


@pytest.mark.parametrize("mirror", [False, True])
def test_the_same_solution_with_far_fewer_trials(
    monkeypatch: pytest.MonkeyPatch, mirror: bool
) -> None:
    field = make_field(mirror=mirror)
    votes = counted_votes(monkeypatch)
    quick = solution(field)
    assert max(votes) <= solving.FEW_FIRST[1] and len(votes) <= 2
    monkeypatch.setattr(solving, "_is_decisive", lambda *_: False)
    whole = solution(field)
    assert len(votes) > 4 and quick.mirrored == whole.mirrored
    np.testing.assert_allclose(quick.terms, whole.terms, rtol=1e-9, atol=1e-9)


def test_few_common_stars_are_looked_for_as_far_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    field = make_field(30)
    random = np.random.default_rng(3)
    other = random.uniform(0, 1, (200, 2)) * [SHAPE[1], SHAPE[0]]
    x, y = np.r_[field.x[:14], other[:, 0]], np.r_[field.y[:14], other[:, 1]]
    votes = counted_votes(monkeypatch)
    with pytest.raises(CurveRefused):
        solve(
            x[::-1], y[::-1], field.ra[14:], field.dec[14:], field.mags[14:], SHAPE,
            scale_arcsec=SCALE, near=(RA, DEC),
        )  # fmt: skip
    assert len(votes) == 4, "both ways round, few and then all"
