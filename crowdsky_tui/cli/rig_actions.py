"""Telling an instrument of devices what to do, for the verb `instruments`."""

from collections.abc import Sequence
from math import isfinite, nan
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.cli.confirm import confirm
from crowdsky_tui.cli.output import say, tell

if TYPE_CHECKING:
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.instruments.instructions import Instruction
    from crowdsky_tui.instruments.rig.instrument import RigInstrument
    from crowdsky_tui.instruments.rig.part_instructions import PartInstruction
    from crowdsky_tui.instruments.state import InstrumentState

PART_ACTIONS = ("focus", "switch")
RIG_ACTIONS = ("status", "goto", "park", "stop", "heater", "filter", "expose", *PART_ACTIONS)
ASKED = ("goto", "park")


async def act(
    action: str, words: Sequence[str], settings: "Settings", *, yes: bool, as_json: bool
) -> int:
    """Do one action on the instrument that the first word names."""
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.instruments.rig.factory import make_rig

    if not words:
        raise UsageError(f"'instruments {action}' takes the name of an instrument")
    name, *more = words
    science, clock = Science(), settings.make_clock()
    try:
        rig = make_rig(name, settings, clock, science)
        try:
            if action == "status":
                return await _status(rig, more, as_json=as_json)
            if action in PART_ACTIONS:
                return await _tell_part(rig, action, more, as_json=as_json)
            if action == "expose":
                from crowdsky_tui.cli.rig_frames import expose

                return await expose(rig, more, science, as_json=as_json)
            instruction = await _instruction(action, more, science, rig)
            if action in ASKED and not yes:
                confirm(f"{name}: {instruction.doing}?", "nothing was told")
            proof = await rig.operate(instruction, take_over=True)
        finally:
            await rig.close()
    finally:
        await science.close()
    tell(
        {"name": name, "state": proof.done.state, "text": proof.done.text},
        [f"{name}: {proof.done.text}"],
        as_json=as_json,
    )
    return ExitCode.OK


async def focus_sweep(words: Sequence[str], settings: "Settings", *, as_json: bool) -> int:
    """Find the focus of the instrument that is named by the stars where it points."""
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.instruments import instructions as told
    from crowdsky_tui.instruments.rig.factory import make_rig

    if len(words) != 1:
        raise UsageError("'instruments focus --sweep' takes the name of an instrument")
    science = Science()
    try:
        rig = make_rig(words[0], settings, settings.make_clock(), science)
        try:
            await rig.open()
            proof = await rig.operate(
                told.Focus(), lambda _, text: say(f"{rig.name}: {text}"), take_over=True
            )
        finally:
            await rig.close()
    finally:
        await science.close()
    found = rig.focus_found
    document = {
        "name": rig.name,
        "text": proof.done.text,
        "step": round(found.step) if found else None,
        "error_steps": round(found.error_steps, 1) if found else None,
        "width_px": round(found.width_px, 2) if found else None,
    }
    tell(document, [f"{rig.name}: {proof.done.text}"], as_json=as_json)
    return ExitCode.OK


async def _tell_part(
    rig: "RigInstrument", action: str, more: Sequence[str], *, as_json: bool
) -> int:
    done = await rig.tell_part(_part_instruction(action, more))
    document = {"name": rig.name, "state": done.state, "text": done.text}
    tell(document, [f"{rig.name}: {done.text}"], as_json=as_json)
    return ExitCode.OK


def _part_instruction(action: str, more: Sequence[str]) -> "PartInstruction":
    from crowdsky_tui.instruments.rig.part_instructions import MoveFocuser, SetSwitch

    if action == "focus":
        if len(more) != 1 or not (more[0].isascii() and more[0].isdecimal()):
            raise UsageError("'instruments focus' takes a position of the focuser, in its steps")
        return MoveFocuser(int(more[0][:9]))
    if len(more) != 2 or not (more[0].isascii() and more[0].isdecimal() and len(more[0]) < 5):
        raise UsageError("'instruments switch' takes a switch's number, and on, off or a value")
    word = more[1]
    if word in ("on", "off"):
        return SetSwitch(int(more[0]), word == "on")
    return SetSwitch(int(more[0]), read_number(word, "a switch takes on, off or a number"))


def read_number(word: str, why: str) -> float:
    """A finite number that somebody typed. Raises UsageError."""
    try:
        value = float(word)
    except ValueError:
        value = nan
    if not isfinite(value):
        raise UsageError(f"{word!r} is no number", why)
    return value


async def _status(rig: "RigInstrument", more: Sequence[str], *, as_json: bool) -> int:
    import msgspec

    if more:
        raise UsageError("'instruments status' takes one name")
    state = await rig.look()
    tell(msgspec.to_builtins(state), state_lines(rig.name, state), as_json=as_json)
    return ExitCode.OK if state.link.usable else ExitCode.UNREACHABLE


def state_lines(name: str, state: "InstrumentState") -> list[str]:
    """An instrument's values for reading, each with its age; those that are not known left out."""
    from msgspec.structs import fields

    lines = [f"{name}  {state.link}  {state.reason}".rstrip()]
    for field in fields(state):
        dated = getattr(state, field.name)
        age_s = getattr(dated, "age_s", None)
        if age_s is not None and dated.value != "":
            lines.append(f"  {field.name.replace('_', ' ')}  {dated.value}  ({age_s:.0f} s ago)")
    return lines


async def _instruction(
    action: str, more: Sequence[str], science: "Science", rig: "RigInstrument"
) -> "Instruction":
    from crowdsky_tui.instruments import instructions as told

    if action == "goto":
        if not more:
            raise UsageError("'instruments goto' takes a target")
        return told.Goto(await science.find_target(" ".join(more), rig.clock.now()))
    if action == "filter":
        if not more:
            raise UsageError("'instruments filter' takes the name of a filter")
        return told.SetFilter(" ".join(more))
    if action == "heater":
        return told.SetHeater(_percent(more))
    if more:
        raise UsageError(f"'instruments {action}' takes one name")
    return told.Park() if action == "park" else told.Stop()


def _percent(more: Sequence[str]) -> int | None:
    word = more[0] if len(more) == 1 else ""
    if word in ("on", "off"):
        return None if word == "on" else 0
    if not (word.isascii() and word.isdecimal() and len(word) <= 3):
        raise UsageError("'instruments heater' takes on, off or a number of percent")
    return int(word)
