"""When tonight's altitudes are asked for, and what they are."""

from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.sky.night_altitudes import NightAltitudes

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightInterface
    from crowdsky_tui.store.store import Store

AGAIN_AFTER_S = 60.0
"""Real seconds between two questions: targets come one after another, or a place is missing."""


class Tonight:
    """`read` asks when something is `due`; `altitudes` is the last answer."""

    def __init__(self) -> None:
        self.altitudes = NightAltitudes()
        self._names: frozenset[str] = frozenset()
        self._asked_at: float | None = None
        self._asking = False

    def due(self, store: "Store", now: datetime) -> bool:
        """Whether another night has begun, or targets came, since the last answer.

        Not before the night's times are in the store: the place is known then, and the child that
        computes runs.
        """
        if store.sky is None or not store.targets or self._asking:
            return False
        rested = self._asked_at is None or monotonic() - self._asked_at >= AGAIN_AFTER_S
        over = now >= self.altitudes.ends
        return rested and (over or not self._wanted(store) <= self._names)

    async def read(self, night: "NightInterface") -> None:
        """Ask for the altitudes of all targets; what cannot be told stays as it was."""
        from crowdsky_tui.night.calls.altitudes import ShowAltitudes

        self._asking, self._asked_at = True, monotonic()
        wanted = self._wanted(night.store)
        try:
            self.altitudes = await night.do(ShowAltitudes(tuple(sorted(wanted))))
            self._names = wanted
        except CrowdSkyError:
            return
        finally:
            self._asking = False

    @staticmethod
    def _wanted(store: "Store") -> frozenset[str]:
        return frozenset(key.name for key in store.targets)
