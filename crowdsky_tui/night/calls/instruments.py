"""Calls about all that stands at the site: how it is, and what is done to stand-in sensors."""

import asyncio
from typing import TYPE_CHECKING, ClassVar

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.config.units import DEGREES
from crowdsky_tui.night.background.conditions import conditions_now, counts_for_safety
from crowdsky_tui.night.calls.call import Call
from crowdsky_tui.night.instrument_tree import (
    InstrumentTree,
    Node,
    Value,
    from_record,
    instrument_node,
    sensor_node,
)
from crowdsky_tui.night.newest_picture import newest_picture

if TYPE_CHECKING:
    from pathlib import Path

    from crowdsky_tui.instruments.interface import Instrument
    from crowdsky_tui.night.interfaces import NightParts

LOOK_PATIENCE_S = 20.0
KINDS = {"telescope": "scope", "sensor": "weather"}


class ShowInstruments(Call[InstrumentTree], frozen=True):
    """The site with its instruments and sensors, and whether it is safe to observe.

    With `look` the instruments are asked first, each for `LOOK_PATIENCE_S` at most; else what is
    known is told. What was never told since the program began comes from the records.
    """

    changes: ClassVar[bool] = False
    look: bool = False

    async def run(self, night: "NightParts") -> InstrumentTree:
        instruments = night.sessions.instruments()
        if self.look:
            await asyncio.gather(*map(_look_at, instruments))
        clock = night.clock
        nodes = [instrument_node(each.name, each.facts, each.state) for each in instruments]
        nodes += [
            sensor_node(
                each.kind, state, clock.now(), clock.steady(),
                decides_safety=counts_for_safety(each),
            )
            for each, state in night.conditions.states()
        ]  # fmt: skip
        nodes = [await _with_picture(night, node) for node in nodes]
        nodes = [await _with_memory(night, node) for node in nodes]
        seen = conditions_now(night)
        left = tuple(f"goes on in somebody else's hands: {who}" for who in seen.left_alone)
        return InstrumentTree(
            _site(night),
            tuple(nodes),
            seen.safety,
            seen.text,
            (*seen.reasons, *left, *seen.unproved),
            await asyncio.to_thread(_is_stand_in, night.config_path),
        )


class TroubleSensor(Call[str], frozen=True):
    """Do something to a sensor of a stand-in night: `simulator.sensors.troubles`; "" mends it."""

    sensor: str
    trouble: str = ""

    async def run(self, night: "NightParts") -> str:
        from crowdsky_tui.simulator.sensors.troubles import TROUBLES, write_trouble

        path = night.config_path
        if path is None or not await asyncio.to_thread(_is_stand_in, path):
            raise UsageError("nothing is done to a real sensor", "this is no stand-in night")
        if self.sensor not in {each.label for each in night.settings.sensors}:
            raise UsageError(f"there is no sensor named {self.sensor}")
        if self.trouble and self.trouble not in TROUBLES:
            raise UsageError(f"a sensor knows no {self.trouble}", f"only {', '.join(TROUBLES)}")
        try:
            await asyncio.to_thread(write_trouble, path.parent, self.sensor, self.trouble)
        except OSError as error:
            raise UsageError("the stand-in sensors cannot be reached", str(error)) from error
        if not self.trouble:
            return f"{self.sensor} is as it should be again"
        return f"{self.sensor}: {TROUBLES[self.trouble]}"


def _is_stand_in(config: "Path | None") -> bool:
    from crowdsky_tui.simulator.sensors.troubles import is_stand_in_night

    return config is not None and is_stand_in_night(config.parent)


async def _look_at(instrument: "Instrument") -> None:
    """Look at one instrument; what it does not tell goes on ageing."""
    if not instrument.state.link.usable:
        return
    try:
        async with asyncio.timeout(LOOK_PATIENCE_S):
            await instrument.look()
    except (CrowdSkyError, TimeoutError):
        return


async def _with_picture(night: "NightParts", node: Node) -> Node:
    """With its newest picture among its values, where it has one."""
    newest = await newest_picture(night, node.name) if node.role == "telescope" else None
    if newest is None:
        return node
    age_s = (night.clock.now() - newest.at).total_seconds()
    return msgspec.structs.replace(
        node, values=(*node.values, Value("picture", newest.words, age_s))
    )


async def _with_memory(night: "NightParts", node: Node) -> Node:
    """What it told last, where it has told nothing since the program began."""
    if node.values:
        return node
    try:
        newest = await night.records.records.latest(KINDS[node.role], node.name)
    except CrowdSkyError:
        return node
    return node if newest is None else from_record(node, newest.record.data, newest.age_s)


def _site(night: "NightParts") -> Node:
    """The site, without its place."""
    site = night.settings.site
    is_set = site.latitude is not None
    values = [
        Value("place", "set" if is_set else "not set"),
        Value("horizon", f"{DEGREES.show(site.horizon)}, {len(site.obstructions)} obstructions"),
        Value("when unsafe", night.settings.safety.on_unsafe),
    ]
    return Node(site.name or "site", "site", state="" if is_set else "place not set",
                values=tuple(values))  # fmt: skip
