"""The observing view: what the telescope says it is doing, as `get_view_state` and events."""

from datetime import datetime

IDLE_LAPSE_MS = 33556


class View:
    """Idle (`cancel`, mode `none`) until `begin`; `end` brings it back, its last numbers kept."""

    def __init__(self) -> None:
        self.working = False
        self.stacked = 0
        self.dropped = 0
        self._target: str | None = None
        self._position_h: tuple[float, float] = (0.0, 0.0)
        self._lp_filter = False
        self._exposure_ms = 10000.0
        self._begun: datetime | None = None
        self._ended_ms = IDLE_LAPSE_MS
        self._errcode = -1

    def begin(
        self,
        target: str,
        position_h: tuple[float, float],
        now: datetime,
        *,
        lp_filter: bool = False,
        exposure_s: float = 10.0,
    ) -> None:
        """Start observing. `position_h` is RA in hours and Dec in degrees, equinox of date."""
        self.working = True
        self.stacked = self.dropped = 0
        self._target, self._position_h = target, position_h
        self._lp_filter, self._exposure_ms = lp_filter, exposure_s * 1000.0
        self._begun, self._errcode = now, -1

    def frame(self, errcode: int = 0) -> None:
        """One more frame: kept with code 0, dropped with any other."""
        self._errcode = errcode
        self.stacked += errcode == 0
        self.dropped += errcode != 0

    def end(self, now: datetime) -> None:
        """Stop observing for good."""
        self._ended_ms = self._lapse_ms(now)
        self.working = False
        self._target = None

    def _lapse_ms(self, now: datetime) -> int:
        if not self.working or self._begun is None:
            return self._ended_ms
        return max(int((now - self._begun).total_seconds() * 1000), 0)

    def summary(self, now: datetime) -> dict[str, object]:
        """The fields of a `View` event, without its route."""
        fields: dict[str, object] = {
            "state": "working" if self.working else "cancel",
            "lapse_ms": self._lapse_ms(now),
            "mode": "star" if self.working else "none",
            "cam_id": 0,
        }
        if self._target is not None:
            fields["target_ra_dec"] = [round(value, 6) for value in self._position_h]
            fields["target_name"] = self._target
        return {**fields, "lp_filter": self._lp_filter, "gain": 80}

    def stack(self, now: datetime) -> dict[str, object]:
        """The fields of a `Stack` event, without its route."""
        return {
            "state": "working" if self.working else "cancel",
            "lapse_ms": self._lapse_ms(now),
            "frame_errcode": self._errcode,
            "stacked_frame": self.stacked,
            "dropped_frame": self.dropped,
            "can_annotate": True,
        }

    def report(self, now: datetime) -> dict[str, object]:
        """`get_view_state`'s `View`."""
        stack: dict[str, object] = {**self.stack(now), "stage": "Exposure"}
        if self.working:
            exposure = {"state": "working", "lapse_ms": 0, "exp_ms": self._exposure_ms}
            stack["Exposure"] = {**exposure, "port": 4700}
        return {**self.summary(now), "Stack": stack, "stage": "Stack"}
