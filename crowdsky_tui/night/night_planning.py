"""The planner of one night, by its settings, its list and its sensors."""

from typing import TYPE_CHECKING

from crowdsky_tui.plan.planning import NightPlanning

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


def planning_of(night: "NightParts") -> NightPlanning:
    """What plans this night."""
    return NightPlanning(
        night.settings,
        night.records.database,
        night.science,
        night.clock,
        sky_mag=night.conditions.sky_mag,
    )
