"""What an instrument can be told, as records: the same for every kind of instrument.

A place to point at is a `SkyTarget`: the type of each of its two positions says frame and unit, and
an instrument takes the one that its mount speaks.
"""

from datetime import date
from enum import StrEnum
from typing import ClassVar

import msgspec

from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.own_plan import HandedRow
from crowdsky_tui.sky.coordinates import SkyTarget


class Ability(StrEnum):
    """What instruments may be able to do, each by its word."""

    UNPARK = "unpark"
    PARK = "park"
    GOTO = "goto"
    START = "start"
    STOP = "stop"
    FOCUS = "focus"
    FILTER = "filter"
    EXPOSURE = "exposure"
    GAIN = "gain"
    HEATER = "heater"
    RESTART = "restart"
    SHUT_DOWN = "shut down"
    RUN_PLAN = "run a plan"


class Instruction(msgspec.Struct, frozen=True, tag=True):
    """Base of the records. `doing` is the instruction under way, in plain words."""

    ability: ClassVar[Ability]

    @property
    def doing(self) -> str:
        """What is being done, as a person says it: "opening the arm"."""
        raise NotImplementedError


class Unpark(Instruction, frozen=True):
    """Open the arm, or wake the mount."""

    ability = Ability.UNPARK

    @property
    def doing(self) -> str:
        return "opening the arm"


class Park(Instruction, frozen=True):
    """Stop whatever it does, save what it has, and go to rest."""

    ability = Ability.PARK

    @property
    def doing(self) -> str:
        return "parking"


class Goto(Instruction, frozen=True):
    """Unpark if need be, slew, solve, centre. `may_start`: frames may begin there by themselves.

    `resume` follows a goto that an earlier run may have told already, and tells it only where
    nothing is seen of it; `gives_back`: that run found that the instrument begins by itself, and
    had taken that from it.
    """

    target: SkyTarget
    may_start: bool = False
    resume: bool = False
    gives_back: bool = False
    ability = Ability.GOTO

    @property
    def doing(self) -> str:
        return f"going to {clean(self.target.name, 60)}"


class Start(Instruction, frozen=True):
    """Begin to take frames where it points; `resume` goes on with the last series."""

    resume: bool = False
    ability = Ability.START

    @property
    def doing(self) -> str:
        return "starting to stack"


class Ends(StrEnum):
    """What a stop is to end."""

    FRAMES = "frames"
    """The frames end and are saved; it stays on its target."""
    ALL = "all"
    """Whatever it does with the sky, also what another instruction of ours has begun."""
    NEXT = "next"
    """The frames if it takes any, otherwise all."""


class Stop(Instruction, frozen=True):
    """End what it does."""

    ends: Ends = Ends.ALL
    ability = Ability.STOP

    @property
    def doing(self) -> str:
        return "stopping the stack" if self.ends is Ends.FRAMES else "stopping"


class Focus(Instruction, frozen=True):
    """Find the focus by the stars."""

    ability = Ability.FOCUS

    @property
    def doing(self) -> str:
        return "focusing"


class SetFilter(Instruction, frozen=True):
    """Bring a filter into the beam, by its name."""

    name: str
    ability = Ability.FILTER

    @property
    def doing(self) -> str:
        return "setting the filter"


class SetExposure(Instruction, frozen=True):
    """The exposure of the frames to come, in seconds."""

    seconds: float
    ability = Ability.EXPOSURE

    @property
    def doing(self) -> str:
        return "setting the exposure"


class SetGain(Instruction, frozen=True):
    """The camera's gain, in its own units."""

    gain: int
    ability = Ability.GAIN

    @property
    def doing(self) -> str:
        return "setting the gain"


class SetHeater(Instruction, frozen=True):
    """The dew heater: `percent` of its power, None for its usual one, 0 for off."""

    percent: int | None = None
    ability = Ability.HEATER

    @property
    def doing(self) -> str:
        return "switching the heater"


class Restart(Instruction, frozen=True):
    """Stop whatever it does, save what it has, and boot it again."""

    ability = Ability.RESTART

    @property
    def doing(self) -> str:
        return "restarting"


class ShutDown(Instruction, frozen=True):
    """Stop whatever it does, save what it has, park, and switch it off."""

    ability = Ability.SHUT_DOWN

    @property
    def doing(self) -> str:
        return "switching off"


class RunPlan(Instruction, frozen=True):
    """Observe these rows by itself, one after another, each at its time.

    `evening` is the date on which the night begins. `name` says whose plan it is. `j2000`: the
    places are told by that equinox, not by the one of date. `resume` follows one that an earlier
    run may have told already.
    """

    name: str
    evening: date
    rows: tuple[HandedRow, ...]
    j2000: bool = False
    resume: bool = False
    ability = Ability.RUN_PLAN

    @property
    def doing(self) -> str:
        return "handing the plan over"
