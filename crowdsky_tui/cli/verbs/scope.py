"""The verb `scope`: tell one telescope what to do, see it done, prove it."""

import asyncio
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import msgspec

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.base.streams import tell_person
from crowdsky_tui.base.text import path_component
from crowdsky_tui.cli.output import print_json, say
from crowdsky_tui.cli.select import one_service
from crowdsky_tui.cli.verbs.status import status
from crowdsky_tui.config.load import Settings
from crowdsky_tui.instruments.seestar.control.control import Done, GotoPlan, Plan, ScopeControl
from crowdsky_tui.night.night import Night
from crowdsky_tui.night.telescope_actions import ACTIONS, RESUME, command_of
from crowdsky_tui.progress.telescope_watch import connected

SAY_EVERY_S = 1.0


async def scope(arguments: Namespace, settings: Settings) -> int:
    """Do one action on one telescope, or tell how all of them are."""
    if arguments.action == "status":
        return await status(arguments, settings)
    async with Night(settings, owner=False) as night:
        service = one_service(night, arguments.scope)
        await connected(service)
        control = ScopeControl(service, night.science, read_only=settings.read_only)
        return await _act(arguments, service.name, control)


async def _act(arguments: Namespace, name: str, control: ScopeControl) -> int:
    action: str = arguments.action
    plan = await _plan(arguments, control)
    if plan is not None:
        for warning in plan.warnings:
            say(f"{name}: {warning}")
        if ACTIONS[action].ask and plan.steps and not arguments.yes:
            _confirm(name, plan.steps)
    try:
        if isinstance(plan, GotoPlan):
            done = await control.goto(plan, _Told())
        else:
            done = await command_of(control, action, _typed(arguments))(_Told())
    except asyncio.CancelledError:
        say(f"{name} may still be at it; 'crowdsky-tui scope stop' ends that")
        raise
    _print(arguments, name, done, plan)
    return ExitCode.OK


async def _plan(arguments: Namespace, control: ScopeControl) -> Plan | GotoPlan | None:
    """What is to be confirmed or warned of; None for what needs neither."""
    if arguments.action == "goto":
        target = await control.find(_typed(arguments))
        if arguments.name:
            target = msgspec.structs.replace(target, name=_folder_name(arguments.name))
        return await control.plan_goto(target)
    if ACTIONS[arguments.action].planned:
        return await control.plan(arguments.action)
    return None


def _folder_name(name: str) -> str:
    try:
        return path_component(name)
    except ValueError as error:
        raise UsageError("this cannot name a target", str(error), "Choose another name") from error


def _confirm(name: str, steps: Sequence[str]) -> None:
    for step in steps:
        say(f"{name}: {step}")
    if not sys.stdin.isatty():
        raise UsageError("nothing was done", "nobody was there to confirm it", "Add --yes")
    tell_person("Do it? Type yes: ", end="")
    if sys.stdin.readline().strip().lower() != "yes":
        raise UsageError("nothing was done", "it was not confirmed")


def _typed(arguments: Namespace) -> str:
    """What the app's user would have typed for this action."""
    match arguments.action:
        case "goto":
            return " ".join(arguments.target)
        case "start":
            return RESUME if arguments.resume else ""
        case "filter":
            return str(arguments.name)
        case "exposure":
            return str(arguments.seconds)
        case "gain":
            return str(arguments.gain)
        case "heater":
            return f"{arguments.switch} {arguments.value or ''}".strip()
    return ""


class _Told:
    """Progress on stderr: each new line, but what keeps changing once a second."""

    def __init__(self) -> None:
        self._last = ""
        self._at = -SAY_EVERY_S

    def __call__(self, fraction: float | None, text: str) -> None:
        now = asyncio.get_running_loop().time()
        if text == self._last or (fraction is not None and now - self._at < SAY_EVERY_S):
            return
        self._last, self._at = text, now
        say(text)


def _print(arguments: Namespace, name: str, done: Done, plan: Plan | GotoPlan | None) -> None:
    if not arguments.json:
        print(f"{name}: {done.text} ({done.seconds:.0f} s)" if done.seconds else done.text)
        return
    document: dict[str, Any] = {
        "scope": name,
        "action": arguments.action,
        "state": done.state,
        "text": done.text,
        "seconds": done.seconds,
    }
    if plan is not None:
        document["warnings"] = plan.warnings
    if isinstance(plan, GotoPlan):
        document["target"] = plan.target
    print_json(document)
