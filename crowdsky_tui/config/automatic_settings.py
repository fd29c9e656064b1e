"""The settings of the automatic night: when it works, and what it does with the plan."""

from typing import Annotated, Literal

from msgspec import Meta

from crowdsky_tui.config.section import Section, says
from crowdsky_tui.config.units import DEGREES

_TIME = r"([01]\d|2[0-3]):[0-5]\d"


Weight = Annotated[float, Meta(ge=0, le=1)]
SUM = "The seven weights of the plan are scaled so that their sum is 1."


class AutomaticSettings(Section, frozen=True):
    """When the automatic night works."""

    enabled: Annotated[
        bool,
        says(
            "Whether the app begins with the automatic night on; `a` switches it. The agent always"
            " works."
        ),
    ] = False
    when: Annotated[
        str,
        Meta(pattern=f"^(idle|dawn|{_TIME})$"),
        says(
            'When it works: "idle" (whenever a telescope does not observe), "dawn" (from dawn to'
            ' dusk), or from a time of the telescope\'s day on, such as "06:30".'
        ),
    ] = "idle"
    undecided: Annotated[
        Literal["wait", "send"],
        says(
            "What becomes of stacks that lay undecided in the review when it was switched on: they"
            ' "wait" until you keep them (v), or it may "send" them. What comes later goes by'
            " review.mode."
        ),
    ] = "wait"
    sun_altitude: Annotated[
        float,
        Meta(ge=-18, le=30),
        says("The Sun's altitude at dawn, in degrees.", unit=DEGREES),
    ] = -12.0
    latitude: Annotated[
        float,
        Meta(ge=-90, le=90),
        says(
            "Your place in degrees north, as before there was site.latitude, which goes before it."
            " With longitude 0 too: not set. Never logged, never sent.",
            unit=DEGREES,
        ),
    ] = 0.0
    longitude: Annotated[
        float,
        Meta(ge=-180, le=360),
        says("Your place in degrees east, kept like the latitude.", unit=DEGREES),
    ] = 0.0


class PlanSettings(Section, frozen=True):
    """What the automatic night does with the plan of the target list."""

    execute: Annotated[
        Literal["off", "drive", "hand-over"],
        says(
            'Whether the automatic night observes the plan: "off", "drive" (it tells each'
            " telescope where to go, when to begin and to end, from dusk to dawn, and parks it), or"
            ' "hand-over" (each telescope gets the night as a plan of its own, which goes on if'
            " this computer dies; exposures are the telescope's then). It needs the site's place"
            " and never takes a telescope out of somebody's hand."
        ),
    ] = "off"
    handed_equinox: Annotated[
        Literal["date", "J2000"],
        says(
            "The equinox of the places in a plan that is handed over. Seestars are believed to want"
            ' the one of "date"; a wrong one is noticed at the first target, and the plan ended.'
        ),
    ] = "date"
    min_sky: Annotated[
        float,
        Meta(ge=0, le=23),
        says(
            "How dark the sky has to be in mag/arcsec², by a sensor that measures it; brighter"
            " blocks are not begun. Without a fresh reading nothing is refused. 0: whatever."
        ),
    ] = 0.0
    weight_priority: Annotated[Weight, says(f"What a target's priority counts for. {SUM}")] = 0.30
    weight_urgency: Annotated[
        Weight, says("What it counts for that a target is due, or its time runs out.")
    ] = 0.25
    weight_altitude: Annotated[Weight, says("What its altitude counts for.")] = 0.10
    weight_setting: Annotated[Weight, says("What it counts for that it is gone soon.")] = 0.10
    weight_moon: Annotated[Weight, says("What a dark sky around it counts for.")] = 0.10
    weight_continuity: Annotated[
        Weight, says("What it counts for to go on with the target of the block before.")
    ] = 0.10
    weight_coverage: Annotated[
        Weight, says("What it counts for that nobody has observed it lately.")
    ] = 0.05
