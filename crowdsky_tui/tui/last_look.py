"""When the user last pressed a key, so that one who comes back is told what was done meanwhile."""

from datetime import datetime

AWAY_S = 600.0
"""Seconds without a key, by the steady clock, after which the next key is a coming back."""


class LastLook:
    """`at` is the night's time of the last key, to the minute; of an earlier run's at first."""

    def __init__(self, at: datetime | None = None) -> None:
        self.at = at
        self._steady: float | None = None

    def press(self, now: datetime, steady: float) -> datetime | None:
        """Note a key; returns the last look if the user was away since, or has only now begun.

        `now` is the night's time (aware), `steady` the steady clock in seconds.
        """
        before, self.at = self.at, now.replace(second=0, microsecond=0)
        away = self._steady is None or steady - self._steady >= AWAY_S
        self._steady = steady
        return before if away else None
