"""Which targets a command means, and a first look at the scopes they are on."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode, ScopeUnreachable, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.output import say

if TYPE_CHECKING:
    from crowdsky_tui.blocks.keys import TargetKey
    from crowdsky_tui.instruments.seestar.service import SeestarService
    from crowdsky_tui.night.night import Night


class Look:
    """The scopes as they were just read; `problems` are the ones that could not be."""

    def __init__(self, scopes: Sequence[str], problems: dict[str, CrowdSkyError]) -> None:
        self.scopes = scopes
        self.problems = problems

    def exit_code(self, otherwise: ExitCode = ExitCode.OK) -> ExitCode:
        """What is left undone on a scope that was not reached is not done."""
        return ExitCode.SOME_FAILED if self.problems and otherwise is ExitCode.OK else otherwise


def undecided(
    night: "Night", keys: "Sequence[TargetKey]", looked: Look, *, named: bool
) -> list[str]:
    """What of these targets is neither done nor asked for, since nobody can tell what it is.

    With `named` only the targets count, else all folders of the scopes that were looked at. Each
    line is told to the person, too: whatever is left like that is not done.
    """
    from crowdsky_tui.base.clock import clock_problem

    lines = [problem] if (problem := clock_problem(night.clock.now())) else []
    lost: list[str] = []
    for scope in looked.scopes:
        watch = night.watches[scope]
        if not named:
            lines += [f"{scope}: {left}" for left in watch.left_out]
        for facts in watch.targets.values():
            if facts.key in keys:
                lines += [f"{scope}: {line}" for line in facts.undecided()]
                lost += [f"{scope}: {line}" for line in facts.lost()]
    least = night.settings.stacking.min_exptime
    blocks = Counter(
        (item.order.scope, item.order.target, item.block.reason)
        for item in night.situations(keys)
        if item.undecided and (item.order.name or item.block.effective_s >= least)
    )
    for (scope, target, reason), number in blocks.items():
        counted = f"{number} block{'' if number == 1 else 's'}"
        lines.append(f"{scope}: {counted} of {clean(target)} undecided: {reason}")
    for line in (*lost, *lines):
        say(line)
    return lines


async def look(night: "Night", scope: str | None) -> Look:
    """Read the scopes; raise the first problem if none could be read, else tell of each."""
    if not night.watches:
        raise UsageError(
            "no scope is set", "the settings have no [[scopes]]", "Add one, or try --demo"
        )
    problems = await night.look(scope)
    asked = [scope] if scope else list(night.watches)
    if all(name in problems for name in asked):
        raise problems[asked[0]]
    for name, problem in problems.items():
        say(f"{name}: {problem}")
    night.views.refresh()
    return Look(asked, problems)


def choose(
    night: "Night", names: Sequence[str], scope: str | None, looked: Look
) -> "list[TargetKey]":
    """The (scope, target) pairs of these names, of all targets if there are none.

    Names are compared as `matching_names` does. Raises UsageError for one that no scope has, or
    that could be several.
    """
    every = [key for key in night.store.targets if scope is None or key.scope == scope]
    known = sorted({key.name for key in every})
    wanted = {_meant(name, known, looked) for name in names}
    return [key for key in every if not names or key.name in wanted]


def named(typed: str, known: Sequence[str]) -> str | None:
    """The target that is meant, in any spelling; None if it is none of these.

    Raises UsageError if it could be several.
    """
    from crowdsky_tui.blocks import matching_names

    found = matching_names(typed, known)
    if len(found) > 1:
        raise UsageError(
            f"it is not clear which target {typed} is",
            f"it could be: {', '.join(map(clean, found))}",
            "Name it exactly",
        )
    return found[0] if found else None


def _meant(name: str, known: Sequence[str], looked: Look) -> str:
    """The one target of this name."""
    if (found := named(name, known)) is not None:
        return found
    if looked.problems:
        raise ScopeUnreachable(
            f"no reachable scope has a target named {name}",
            "; ".join(f"{scope}: {problem}" for scope, problem in looked.problems.items()),
        )
    raise UsageError(
        f"there is no target named {name}", f"there are: {', '.join(map(clean, known)) or 'none'}"
    )


def one_service(night: "Night", name: str | None) -> "SeestarService":
    """The telescope of this name, or the only one. Raises UsageError."""
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
