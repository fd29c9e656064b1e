"""Which targets a command means, and a first look at the scopes they are on."""

from collections.abc import Sequence

from crowdsky_tui.commands.output import say
from crowdsky_tui.device.service import SeestarService
from crowdsky_tui.errors import CrowdSkyError, ExitCode, ScopeUnreachable, UsageError
from crowdsky_tui.night import Night, TargetKey


class Look:
    """The scopes as they were just read; `problems` are the ones that could not be."""

    def __init__(self, problems: dict[str, CrowdSkyError]) -> None:
        self.problems = problems

    def exit_code(self, otherwise: ExitCode = ExitCode.OK) -> ExitCode:
        """What is left undone on a scope that was not reached is not done."""
        return ExitCode.SOME_FAILED if self.problems and otherwise is ExitCode.OK else otherwise


async def look(night: Night, scope: str | None) -> Look:
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
    return Look(problems)


def choose(night: Night, names: Sequence[str], scope: str | None, looked: Look) -> list[TargetKey]:
    """The (scope, target) pairs of these names, of all targets if there are none.

    Raises UsageError for a name that no scope has.
    """
    every = [key for key in night.store.targets if scope is None or key[0] == scope]
    for name in names:
        if not any(target == name for _, target in every):
            if looked.problems:
                raise ScopeUnreachable(
                    f"no reachable scope has a target named {name}",
                    "; ".join(f"{scope}: {problem}" for scope, problem in looked.problems.items()),
                )
            known = ", ".join(sorted({target for _, target in every})) or "none"
            raise UsageError(f"there is no target named {name}", f"there are: {known}")
    return [key for key in every if not names or key[1] in names]


def one_service(night: Night, name: str | None) -> SeestarService:
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
