"""A stand-in night from before its dusk: nothing is observed yet, and what comes between."""

from datetime import UTC, datetime, timedelta
from typing import Any

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.supervisor import Supervisor
from crowdsky_tui.simulator.alert_sources.answers import Transient
from crowdsky_tui.simulator.alert_sources.server import AlertSourcesStandIn
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn

BEGIN = datetime(2026, 2, 27, 17, 5, tzinfo=UTC)
"""Some minutes before the stars come out over the stand-ins' place."""
CLOUDS = (
    datetime(2026, 2, 27, 22, 35, tzinfo=UTC),
    datetime(2026, 2, 27, 23, 20, tzinfo=UTC),
)
HAND_AT, HAND_FOR = datetime(2026, 2, 27, 20, 5, tzinfo=UTC), timedelta(minutes=35)
HAND_ORDER = {"mode": "star", "target_ra_dec": [5.61, -5.38], "target_name": "M 42"}
NOVA = Transient(
    name="2026abc",
    ra_deg=200.5,
    dec_deg=55.5,
    mag=9.4,
    at=datetime(2026, 2, 27, 20, 40, tzinfo=UTC),
    type="Nova",
)
"""Found while the night runs; its source tells it in the hour after."""
LOOK_EVERY_S = 20.0


def nova_sources(clock: Clock) -> AlertSourcesStandIn:
    """The sources of alerts, which hear of a nova in the evening."""
    sources = AlertSourcesStandIn(clock)
    sources.sky.transients = [NOVA]
    return sources


def dusk_settings(sources: AlertSourcesStandIn) -> dict[str, Any]:
    """What the settings of such a night say: the plan is observed, a nova interrupts it."""
    return {
        "plan": {"execute": "drive"},
        "automatic": {"enabled": True},
        "safety": {"on_unsafe": "stop", "delay": 10.0},
        "alerts": {"tns": "interrupt", "auto": True, "every": 15.0, **sources.settings},
    }


class Phone:
    """Somebody looks at M 42 with the last telescope for half an hour, by phone."""

    def __init__(self, scope: SeestarStandIn) -> None:
        self._scope = scope
        self._tasks = Supervisor()

    def start(self) -> None:
        """Begin to wait for the time."""
        self._tasks.start("the phone", self._run())

    async def stop(self) -> None:
        """Go away."""
        await self._tasks.close()

    async def _run(self) -> None:
        clock, observer = self._scope.time.clock, self._scope.session.observer
        while clock.now() < HAND_AT:
            await clock.sleep(LOOK_EVERY_S)
        if clock.now() >= HAND_AT + HAND_FOR:
            return
        mount = self._scope.session.mount
        if mount.closed:
            mount.open()
        while mount.moving:
            await clock.sleep(1.0)
        await observer.start_view(dict(HAND_ORDER), None)
        while clock.now() < HAND_AT + HAND_FOR:
            await clock.sleep(LOOK_EVERY_S)
        if self._scope.view.target == HAND_ORDER["target_name"]:
            await observer.stop_view(None)
