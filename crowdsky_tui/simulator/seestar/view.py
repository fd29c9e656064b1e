"""The observing view: what the telescope says it is doing, as `get_view_state` and events."""

from datetime import datetime
from typing import Any

IDLE_LAPSE_MS = 33556


def lapse_ms(begun: datetime | None, now: datetime) -> int:
    """Whole milliseconds since `begun`, as the telescope counts them."""
    return 0 if begun is None else max(int((now - begun).total_seconds() * 1000), 0)


class View:
    """Idle (`cancel`, mode `none`) until `open` or `begin`; `end` brings it back.

    An ended view keeps its last numbers, and its target, until the next one. `fresh` is the time
    after a boot, when there is none at all. `stage` names what runs inside; `children` are the
    reports of all that ran there.
    """

    def __init__(self, gain: int = 80, *, names_port: bool = True) -> None:
        self.gain = gain
        self.working = False
        self.stacking = False
        self.fresh = False
        self.stage = "Stack"
        self.children: dict[str, dict[str, Any]] = {}
        self.stacked = 0
        self.dropped = 0
        self.target: str | None = None
        self.position_h: tuple[float, float] = (0.0, 0.0)
        self.lp_filter = False
        self._names_port = names_port
        self._exposure_ms = 10000.0
        self._begun: datetime | None = None
        self._ended_ms = IDLE_LAPSE_MS
        self._stack_begun: datetime | None = None
        self._stack_ended_ms: int | None = IDLE_LAPSE_MS
        self._errcode = -1

    def open(
        self,
        target: str | None,
        position_h: tuple[float, float],
        now: datetime,
        *,
        lp_filter: bool = False,
    ) -> None:
        """Start looking. `position_h` is RA in hours and Dec in degrees, equinox of date."""
        self.working, self.stacking, self.fresh = True, False, False
        self.target, self.position_h, self.lp_filter = target, position_h, lp_filter
        self._begun, self._stack_begun, self._stack_ended_ms = now, None, None
        self.children, self.stage = {}, ""

    def begin(
        self,
        target: str,
        position_h: tuple[float, float],
        now: datetime,
        *,
        lp_filter: bool = False,
        exposure_s: float = 10.0,
    ) -> None:
        """Start looking and stacking at once."""
        self.open(target, position_h, now, lp_filter=lp_filter)
        self.start_stack(now, exposure_s=exposure_s)

    def start_stack(self, now: datetime, *, exposure_s: float, restart: bool = True) -> None:
        """Start stacking; with `restart` False the counts go on."""
        self.stacking, self.stage = True, "Stack"
        if restart:
            self.stacked = self.dropped = 0
        self._exposure_ms = exposure_s * 1000.0
        self._stack_begun, self._errcode = now, -1

    def end_stack(self, now: datetime) -> None:
        """Stop stacking; the view goes on."""
        if self.stacking:
            self._stack_ended_ms = lapse_ms(self._stack_begun, now)
            self.stacking = False

    def enter(self, stage: str, report: dict[str, Any]) -> None:
        """Something runs inside the view, or has just ended there."""
        self.children[stage] = {key: value for key, value in report.items() if key != "route"}
        self.stage = stage

    def frame(self, errcode: int = 0) -> None:
        """One more frame: kept with code 0, dropped with any other."""
        self._errcode = errcode
        self.stacked += errcode == 0
        self.dropped += errcode != 0

    def end(self, now: datetime) -> None:
        """Stop observing for good."""
        self.end_stack(now)
        self._ended_ms = self._lapse_ms(now)
        self.working = False

    def reset(self) -> None:
        """As after a boot."""
        self.working = self.stacking = False
        self.fresh = True
        self.target, self.children = None, {}

    def _lapse_ms(self, now: datetime) -> int:
        return lapse_ms(self._begun, now) if self.working else self._ended_ms

    def summary(self, now: datetime) -> dict[str, object]:
        """The fields of a `View` event, without its route."""
        fields: dict[str, object] = {
            "state": "working" if self.working else "cancel",
            "lapse_ms": self._lapse_ms(now),
            "mode": "star" if self.working else "none",
            "cam_id": 0,
        }
        if self.target is not None:
            fields["target_ra_dec"] = [round(value, 6) for value in self.position_h]
            fields["target_name"] = self.target
        return {**fields, "lp_filter": self.lp_filter, "gain": self.gain}

    def stack(self, now: datetime) -> dict[str, object]:
        """The fields of a `Stack` event, without its route."""
        ended = self._stack_ended_ms or 0
        return {
            "state": "working" if self.stacking else "cancel",
            "lapse_ms": lapse_ms(self._stack_begun, now) if self.stacking else ended,
            "frame_errcode": self._errcode,
            "stacked_frame": self.stacked,
            "dropped_frame": self.dropped,
            "can_annotate": self.stacked > 0,
        }

    def exposure(self) -> dict[str, object]:
        """What tells one exposure, in reports and events."""
        return {"exp_ms": self._exposure_ms, **self.port()}

    def port(self) -> dict[str, object]:
        """What firmware 7.06 and later adds to outer exposures."""
        return {"port": 4700} if self._names_port else {}

    def report(self, now: datetime) -> dict[str, object]:
        """`get_view_state`'s `View`."""
        if self.fresh:
            return {}
        report = {**self.summary(now), **self.children}
        if self.stacking or self._stack_ended_ms is not None:
            report["Stack"] = self._stack_report(now)
        return {**report, "stage": self.stage} if self.stage else report

    def _stack_report(self, now: datetime) -> dict[str, object]:
        stack: dict[str, object] = {**self.stack(now), "stage": "Exposure"}
        if self.stacking:
            stack["Exposure"] = {"state": "working", "lapse_ms": 0, **self.exposure()}
        return stack
