"""Where targets stand over one night, as it is told: imports neither astropy nor numpy."""

from datetime import UTC, datetime, timedelta

import msgspec

STEP_MINUTES = 10
NEVER = datetime.fromtimestamp(0, UTC)


class Way(msgspec.Struct, frozen=True):
    """Altitudes of one target in whole degrees by step, and the horizon where it then stands."""

    altitude_deg: tuple[int, ...]
    line_deg: tuple[int, ...]


class NightAltitudes(msgspec.Struct, frozen=True):
    """Tonight from sunset to sunrise (from noon to noon where there is none), in steps.

    `begins` is aware UTC. `dark` says by step whether the Sun is below the site's
    `observe_horizon`; `moon_deg` is the Moon's altitude. `ways` is by the targets' names: those
    whose place is not known are not in it. No place of the observer is in it.
    """

    begins: datetime = NEVER
    step_minutes: int = STEP_MINUTES
    dark: tuple[bool, ...] = ()
    moon_deg: tuple[int, ...] = ()
    ways: dict[str, Way] = {}

    @property
    def ends(self) -> datetime:
        """When the last step is over: aware UTC."""
        return self.begins + len(self.dark) * timedelta(minutes=self.step_minutes)

    def step_at(self, when: datetime) -> int | None:
        """The step of a moment (aware); None outside this night."""
        step = int((when - self.begins) / timedelta(minutes=self.step_minutes))
        return step if self.begins <= when and step < len(self.dark) else None
