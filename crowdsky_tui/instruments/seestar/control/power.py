"""Restarting a telescope and switching it off: the connection just dies.

Source: docs/design/seestar-protocol.md 3.2.
"""

import asyncio
from collections.abc import Callable

from crowdsky_tui.base.clock import SHORTEST_WAIT
from crowdsky_tui.base.errors import NotProved, OperationTimeout, ScopeTimeout, ScopeUnreachable
from crowdsky_tui.instruments.interface import Done
from crowdsky_tui.instruments.seestar.control.operations import OperationContext, elapsed_since, say
from crowdsky_tui.store.store import ScopeState

DOWN_LIMIT_S = 60.0
UP_LIMIT_S = 240.0
STAYS_OFF_S = 8.0
LOOK_EVERY_S = 0.5


async def reboot(context: OperationContext) -> Done:
    """Restart it; proved by a connection that ends and comes back."""
    begun = context.scope.clock.steady()
    await _go_down(context, "pi_reboot", f"restarting {context.scope.name}")
    context.progress(None, "waiting for it to come back")
    if not await _wait(context, lambda: context.scope.state.usable, UP_LIMIT_S):
        raise OperationTimeout(
            f"restarting {context.scope.name} took too long",
            f"it did not come back within {UP_LIMIT_S:.0f} s",
            "Look at the telescope; it may have another address now",
        )
    return Done("restarted", "it is back", elapsed_since(begun, context.scope))


async def shut_down(context: OperationContext) -> Done:
    """Switch it off; proved by a connection that ends and does not come back."""
    begun = context.scope.clock.steady()
    await _go_down(context, "pi_shutdown", f"switching {context.scope.name} off")
    if await _wait(context, lambda: context.scope.state.usable, STAYS_OFF_S, patient=False):
        raise _still_on(f"switching {context.scope.name} off", "it answers again")
    return Done("off", "it is off", elapsed_since(begun, context.scope))


async def _go_down(context: OperationContext, method: str, doing: str) -> None:
    try:
        await say(context.scope, doing, method, timeout=5.0)
    except (ScopeTimeout, ScopeUnreachable):
        context.progress(None, "it went without a word")
    context.progress(None, "waiting for it to go")
    gone = (ScopeState.OFF, ScopeState.CONNECTING)
    if not await _wait(context, lambda: context.scope.state in gone, DOWN_LIMIT_S):
        raise _still_on(doing, "it is still there")


def _still_on(doing: str, why: str) -> NotProved:
    return NotProved(f"{doing} cannot be proved", why, "Look at the telescope, then try again")


async def _wait(
    context: OperationContext, reached: Callable[[], bool], limit_s: float, *, patient: bool = True
) -> bool:
    """Whether it is reached within `limit_s` of the clock, if `patient` no less than patience."""
    clock, now = context.scope.clock, asyncio.get_running_loop().time
    least = context.patience_s if patient else SHORTEST_WAIT
    deadline = now() + max(clock.real_seconds(limit_s), least)
    while not reached():
        if now() >= deadline:
            return False
        await clock.sleep(LOOK_EVERY_S)
    return True
