"""Tell one telescope what to do, and see it done."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.base.text import path_component
from crowdsky_tui.cli.confirm import confirm
from crowdsky_tui.cli.options import CommonOptions, Yes, flag, option, positional
from crowdsky_tui.cli.output import print_json, say
from crowdsky_tui.cli.select import one_service
from crowdsky_tui.instruments.instructions import Goto as GoTo
from crowdsky_tui.instruments.instructions import Instruction
from crowdsky_tui.night.telescope_actions import ACTIONS as SESSION
from crowdsky_tui.night.telescope_actions import NO_START, RESUME, TargetFinder, instruction_of

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.instruments.interface import Done, InstructionPlan, Instrument

SAY_EVERY_S = 1.0
STATUS = "how it is: battery, temperature, room, focus, signal, what it does"


class Options(CommonOptions, frozen=True, kw_only=True):
    """What every action takes; `action` is the word that names it."""

    action: str


class ConfirmedOptions(Options, frozen=True, kw_only=True):
    """An action that is asked about first."""

    yes: Yes = False


class Goto(ConfirmedOptions, frozen=True, kw_only=True):
    """What `scope goto` takes."""

    target: Annotated[
        tuple[str, ...],
        positional(
            "TARGET",
            "M 81, NGC 7000, IC 1396, T CrB, or J2000: 09 55 33 +69 03 55, 148.888 69.065",
            "+",
        ),
    ]
    name: Annotated[str | None, option(None, "what to call it: its folder and its OBJECT")] = None
    no_start: Annotated[bool, flag("stay there without stacking")] = False


class Start(Options, frozen=True, kw_only=True):
    """What `scope start` takes."""

    resume: Annotated[bool, flag("go on with the last stack instead of a new one")] = False


class Filter(Options, frozen=True, kw_only=True):
    """What `scope filter` takes."""

    name: Annotated[str, positional("NAME", "IRCUT, LP or dark")]


class Exposure(Options, frozen=True, kw_only=True):
    """What `scope exposure` takes."""

    seconds: Annotated[int, positional("S", "10, 20, 30 or 60")]


class Gain(Options, frozen=True, kw_only=True):
    """What `scope gain` takes."""

    gain: Annotated[int, positional("N")]


class Heater(Options, frozen=True, kw_only=True):
    """What `scope heater` takes."""

    switch: Annotated[str, positional(None, choices=SESSION["heater"].choices)]
    value: Annotated[int | None, option("PERCENT", "its power (90)")] = None


TAKES: dict[str, type[Options]] = {
    "goto": Goto,
    "start": Start,
    "filter": Filter,
    "exposure": Exposure,
    "gain": Gain,
    "heater": Heater,
}
ACTIONS: dict[str, type[Options]] = {
    "status": Options,
    **{
        name: TAKES.get(name, ConfirmedOptions if action.ask else Options)
        for name, action in SESSION.items()
        if name != "look"
    },
}


def help_of(action: str) -> str:
    """An action in some words."""
    return STATUS if action == "status" else SESSION[action].help


async def scope(options: Options, settings: "Settings") -> int:
    """Do one action on one telescope, or tell how all of them are."""
    from crowdsky_tui.cli.verbs.status import status
    from crowdsky_tui.instruments.seestar.instrument import SeestarInstrument
    from crowdsky_tui.night.night import Night
    from crowdsky_tui.progress.telescope_watch import connected

    if options.action == "status":
        return await status(options, settings)
    async with Night(settings, owner=False) as night:
        service = one_service(night, options.scope)
        await connected(service)
        instrument = SeestarInstrument(service, read_only=settings.read_only)
        return await _act(options, instrument, night.science)


async def _act(options: Options, instrument: "Instrument", finder: TargetFinder) -> int:
    import asyncio

    name, now = instrument.name, instrument.clock.now()
    instruction = await instruction_of(options.action, _typed(options), finder, now)
    if isinstance(options, Goto) and isinstance(instruction, GoTo) and options.name:
        target = msgspec.structs.replace(instruction.target, name=_folder_name(options.name))
        instruction = msgspec.structs.replace(instruction, target=target)
    plan = await _plan(options, instrument, instruction)
    try:
        proof = await instrument.operate(instruction, _ProgressLines(), take_over=True)
    except asyncio.CancelledError:
        say(f"{name} may still be at it; 'crowdsky-tui scope stop' ends that")
        raise
    _print(options, name, proof.done, plan, instruction)
    return ExitCode.OK


async def _plan(
    options: Options, instrument: "Instrument", instruction: Instruction
) -> "InstructionPlan | None":
    """What was confirmed and warned of; None for what needs neither."""
    if not SESSION[options.action].planned:
        return None
    plan = await instrument.plan(instruction)
    for warning in plan.warnings:
        say(f"{instrument.name}: {warning}")
    if isinstance(options, ConfirmedOptions) and plan.steps and not options.yes:
        _confirm(instrument.name, plan.steps)
    return plan


def _folder_name(name: str) -> str:
    try:
        return path_component(name)
    except ValueError as error:
        raise UsageError("this cannot name a target", str(error), "Choose another name") from error


def _confirm(name: str, steps: Sequence[str]) -> None:
    for step in steps:
        say(f"{name}: {step}")
    confirm("Do it?", "nothing was done")


def _typed(options: Options) -> str:
    """What the app's user would have typed for this action."""
    match options:
        case Goto():
            return " ".join((*options.target, *((NO_START,) if options.no_start else ())))
        case Start():
            return RESUME if options.resume else ""
        case Filter():
            return options.name
        case Exposure():
            return str(options.seconds)
        case Gain():
            return str(options.gain)
        case Heater():
            return f"{options.switch} {options.value or ''}".strip()
    return ""


class _ProgressLines:
    """Progress on stderr: each new line, but what keeps changing once a second."""

    def __init__(self) -> None:
        self._last = ""
        self._at = -SAY_EVERY_S

    def __call__(self, fraction: float | None, text: str) -> None:
        import asyncio

        now = asyncio.get_running_loop().time()
        if text == self._last or (fraction is not None and now - self._at < SAY_EVERY_S):
            return
        self._last, self._at = text, now
        say(text)


def _print(
    options: Options,
    name: str,
    done: "Done",
    plan: "InstructionPlan | None",
    instruction: Instruction,
) -> None:
    if not options.json:
        print(f"{name}: {done.text} ({done.seconds:.0f} s)" if done.seconds else done.text)
        return
    document: dict[str, Any] = {
        "scope": name,
        "action": options.action,
        "state": done.state,
        "text": done.text,
        "seconds": done.seconds,
    }
    if plan is not None:
        document["warnings"] = plan.warnings
    if isinstance(instruction, GoTo):
        document["target"] = instruction.target
    print_json(document)
