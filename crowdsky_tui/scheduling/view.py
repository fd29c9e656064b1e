"""What constraints and factors look at: arrays of targets × slots. Child only."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from crowdsky_tui.scheduling.messages import SLOT, Candidate, PlanRequest, Rules
from crowdsky_tui.scheduling.sky_grid import Grid, Night, Track
from crowdsky_tui.sky.horizontal import TURN_DEG_PER_H

Mask = NDArray[np.bool_]


class View:
    """The candidates of a request over a night, for scopes of one kind.

    Parameters
    ----------
    request
        The place, the rules and the candidates, in the order of the arrays' rows.
    night, tracks
        Slots, Sun and Moon; where each candidate stands.
    altaz
        Whether the mount follows in altitude and azimuth, so that the field turns.
    exposure_s
        A sub-frame's exposure where the candidate does not say its own.
    """

    def __init__(
        self,
        request: PlanRequest,
        night: Night,
        tracks: list[Track],
        *,
        altaz: bool = True,
        exposure_s: float = 10.0,
    ) -> None:
        self.request, self.night = request, night
        self.altaz, self._exposure_s = altaz, exposure_s
        self._tracks = tracks

    @property
    def candidates(self) -> list[Candidate]:
        """The targets, by row."""
        return self.request.candidates

    @property
    def rules(self) -> Rules:
        """The site's limits."""
        return self.request.rules

    @property
    def shape(self) -> tuple[int, int]:
        """Targets and slots."""
        return len(self.candidates), len(self.night.slots)

    @cached_property
    def three_altitudes(self) -> Grid:
        """Degrees at start, middle and end: targets × slots × 3."""
        return self._stack("altitude")

    @cached_property
    def three_azimuths(self) -> Grid:
        """Degrees from north by east, like `three_altitudes`."""
        return self._stack("azimuth")

    @cached_property
    def altitude(self) -> Grid:
        """The least altitude within each slot, in degrees."""
        return np.asarray(self.three_altitudes.min(axis=2))

    @cached_property
    def moon_apart(self) -> Grid:
        """The least distance from the Moon within each slot, in degrees."""
        return np.asarray(self._stack("moon_apart").min(axis=2))

    @cached_property
    def line(self) -> Grid:
        """What has to be passed, in degrees, targets × slots × 3: the trees with their margin."""
        if not self.rules.horizon:
            return np.zeros_like(self.three_azimuths)
        trees = np.interp(self.three_azimuths % 360, np.arange(361), self.rules.horizon)
        return np.asarray(trees + self.rules.horizon_offset_deg)

    @cached_property
    def rotation_deg_per_h(self) -> Grid:
        """How fast the field turns at worst within each slot; `sky.horizontal` has the formula."""
        height = np.maximum(np.cos(np.radians(self.three_altitudes)), 1e-6)
        turn = TURN_DEG_PER_H * np.cos(np.radians(self.request.latitude_deg))
        rates = np.abs(turn * np.cos(np.radians(self.three_azimuths)) / height)
        return np.asarray(rates.max(axis=2))

    @cached_property
    def exposures_s(self) -> Grid:
        """A sub-frame's exposure, by target."""
        return np.array([each.exposure_s or self._exposure_s for each in self.candidates], float)

    @cached_property
    def starts(self) -> Grid:
        """The slots' beginnings as seconds since 1970."""
        return np.array([each.timestamp() for each in self.night.slots])

    @cached_property
    def ends(self) -> Grid:
        """The slots' ends as seconds since 1970."""
        return self.starts + SLOT.total_seconds()

    def column(self, name: str, missing: float = np.nan) -> Grid:
        """A number of each candidate, as a column; `missing` where it is None."""
        found = [getattr(each, name) for each in self.candidates]
        column = [missing if each is None else each for each in found]
        return np.array(column, float).reshape(-1, 1)

    def _stack(self, name: str) -> Grid:
        if not self._tracks:
            return np.zeros((0, len(self.night.slots), 3))
        return np.stack([getattr(each, name) for each in self._tracks])
