"""What the rules have in common: telling a subject something, and comparing it with the truth."""

import asyncio
from collections.abc import Awaitable, Callable
from math import cos, hypot, nan, radians
from typing import Any

from subject import BOUND_S, TARGET, Rig, Subject

from crowdsky_tui.base.errors import (
    CrowdSkyError,
)
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Ability, Instruction
from crowdsky_tui.instruments.interface import Proof
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow

Rule = Callable[[Rig], Awaitable[None]]
RULES: dict[str, Rule] = {}
NEEDS_A_TARGET = (Ability.START, Ability.FOCUS, Ability.STOP)
NONSENSE: tuple[Any, ...] = (
    *(None, True, -1, nan, "moon", [], {}, [None, "x"]),
    *({"View": 3}, {"View": {"state": []}}),
)
NEAR_DEG = 0.3
FIRST_STEPS, EVERY = 24, 9
"""Cancelled at each of the first suspensions, and at every ninth after them."""


def rule(function: Rule) -> Rule:
    RULES[function.__name__] = function
    return function


async def tell(subject: Subject, instruction: Instruction, *, take_over: bool = False) -> Proof:
    """Tell it within the bound: what is not over then has no limit of its own."""
    try:
        async with asyncio.timeout(BOUND_S):
            return await subject.instrument.operate(instruction, take_over=take_over)
    except TimeoutError:
        raise AssertionError(f"{instruction.ability} was not over within {BOUND_S} s") from None


async def outcome(subject: Subject, instruction: Instruction) -> Proof | CrowdSkyError:
    """The proof or the error; anything else that is raised is a fault."""
    try:
        return await tell(subject, instruction)
    except CrowdSkyError as error:
        return error


async def ready_for(subject: Subject, ability: Ability) -> None:
    """Bring it to where an ability makes sense."""
    if ability in NEEDS_A_TARGET:
        await tell(subject, told.Goto(TARGET))
    if ability is Ability.PARK:
        await tell(subject, told.Unpark())


def offered(subject: Subject) -> list[Ability]:
    return [
        ability
        for ability in subject.instructions
        if subject.instrument.capabilities.offers(ability)
    ]


def commanded(subject: Subject) -> list[Ability]:
    """Those that it offers and for which a command is sent."""
    return [ability for ability in offered(subject) if ability not in subject.kept_here]


def away_deg(one: PositionJNow | PositionJ2000, other: PositionJNow | PositionJ2000) -> float:
    """How far apart two places near each other are; of two frames nothing can be said."""
    assert type(one) is type(other), "two frames"
    if isinstance(one, PositionJNow) and isinstance(other, PositionJNow):
        return one.distance_deg(other)
    assert isinstance(one, PositionJ2000) and isinstance(other, PositionJ2000)
    around = (one.ra_deg_j2000 - other.ra_deg_j2000 + 180) % 360 - 180
    return hypot(around * cos(radians(one.dec_deg_j2000)), one.dec_deg_j2000 - other.dec_deg_j2000)


def is_so(subject: Subject, instruction: Instruction) -> bool:
    """Whether the stand-in really is as an instruction wants it."""
    truth = subject.truth()
    match instruction:
        case told.Unpark():
            return not truth.parked
        case told.Park():
            return truth.parked
        case told.Goto():
            jnow = isinstance(truth.position, PositionJNow)
            goal = instruction.target.jnow if jnow else instruction.target.j2000
            return away_deg(truth.position, goal) < NEAR_DEG
        case told.SetFilter():
            return truth.filter == instruction.name
        case told.SetExposure():
            return truth.exposure_s == instruction.seconds
        case told.SetGain():
            return truth.gain == instruction.gain
        case told.SetHeater():
            return truth.heater_percent == instruction.percent
        case told.Start():
            return truth.taking
        case told.Stop():
            return not truth.taking
    return True
