"""The verb `scope`: tell one telescope what to do, see it done, prove it."""

import asyncio
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import msgspec

from crowdsky_tui.commands.output import print_json, print_table, say
from crowdsky_tui.device.control import Done, GotoPlan, Plan, ScopeControl
from crowdsky_tui.device.service import SeestarService
from crowdsky_tui.device.sessionactions import ACTIONS, RESUME, command_of
from crowdsky_tui.device.telemetry import Telemetry, signal_words
from crowdsky_tui.errors import CrowdSkyError, ExitCode, ScopeTimeout, ScopeUnreachable, UsageError
from crowdsky_tui.night import Night
from crowdsky_tui.settings import Settings
from crowdsky_tui.store import ScopeState
from crowdsky_tui.text import path_component

OFF_PATIENCE_S, CONNECT_PATIENCE_S = 4.0, 20.0
SAY_EVERY_S = 1.0


async def scope(arguments: Namespace, settings: Settings) -> int:
    """Do one action on one telescope, or tell how all of them are."""
    async with Night(settings, owner=False) as night:
        if arguments.action == "status":
            return await _status(arguments, night)
        service = _one(night, arguments.scope)
        await _connected(service)
        control = ScopeControl(service, night.science, read_only=settings.read_only)
        return await _act(arguments, service.name, control)


def _one(night: Night, name: str | None) -> SeestarService:
    services = {watch.service.name: watch.service for watch in night.watches.values()}
    if name is None and len(services) == 1:
        return next(iter(services.values()))
    known = ", ".join(services) or "none"
    if name is None:
        raise UsageError(
            "it is not clear which telescope", f"the settings have: {known}", "Name it with --scope"
        )
    if name not in services:
        raise UsageError(f"there is no scope named {name}", f"the settings have: {known}")
    return services[name]


async def _connected(service: SeestarService) -> None:
    """Wait for it: longer if somebody answers there, since a busy one takes its time."""
    try:
        await service.wait_ready(OFF_PATIENCE_S)
    except (ScopeTimeout, ScopeUnreachable):
        if service.state is ScopeState.OFF:
            raise
        await service.wait_ready(CONNECT_PATIENCE_S)


async def _act(arguments: Namespace, name: str, control: ScopeControl) -> int:
    action: str = arguments.action
    plan = await _plan(arguments, control)
    if plan is not None:
        for warning in plan.warnings:
            say(f"{name}: {warning}")
        if ACTIONS[action].ask and not arguments.yes:
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
    for step in steps or ("nothing is to be done",):
        say(f"{name}: {step}")
    if not sys.stdin.isatty():
        raise UsageError("nothing was done", "nobody was there to confirm it", "Add --yes")
    print("Do it? Type yes: ", end="", file=sys.stderr, flush=True)
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


async def _status(arguments: Namespace, night: Night) -> int:
    """All telescopes, or the one named; those that do not answer are told of on stderr."""
    names = [arguments.scope] if arguments.scope else list(night.watches)
    services = [_one(night, name) for name in names]
    outcomes = await asyncio.gather(*map(_read, services), return_exceptions=True)
    rows, problems = [], []
    for service, outcome in zip(services, outcomes, strict=True):
        if isinstance(outcome, Telemetry):
            rows.append((service, outcome))
        elif isinstance(outcome, CrowdSkyError):
            problems.append(outcome)
            say(f"{service.name}: {outcome}")
        else:
            raise outcome
    if problems and not rows:
        return problems[0].exit_code
    if arguments.json:
        print_json([_status_document(service, read) for service, read in rows])
    else:
        print_table(_HEADINGS, [_status_row(service, read) for service, read in rows])
    return ExitCode.SOME_FAILED if problems else ExitCode.OK


async def _read(service: SeestarService) -> Telemetry:
    await _connected(service)
    return await ScopeControl(service).telemetry()


_HEADINGS = ("scope", "doing", "arm", "batt %", "°C", "free GB", "focus", "Wi-Fi", "firmware")


def _status_row(service: SeestarService, read: Telemetry) -> tuple[object, ...]:
    return (
        service.name,
        read.activity,
        read.arm,
        read.battery_percent,
        read.temperature_c,
        None if read.free_mb is None else f"{read.free_mb / 1000:.1f}",
        read.focus_step,
        signal_words(read.wifi_dbm) or None,
        read.firmware,
    )


def _status_document(service: SeestarService, read: Telemetry) -> dict[str, Any]:
    return {"scope": service.name, "state": service.state, **msgspec.structs.asdict(read)}
