"""What is said first on each connection: does it want a login, and who is it?

Firmware 7.18 and later answers `get_verify_str` with a challenge. From 7.32 on, whoever has not
signed it gets events but no answer to any command: silence of commands is *login needed*, not
*offline*. Older firmware refuses the question (103) and needs nothing.
"""

import asyncio
from typing import Any

from crowdsky_tui.device.rpc import RpcConnection
from crowdsky_tui.device.state import STATE_KEYS
from crowdsky_tui.errors import CommandRefused, LoginNeeded, ScopeTimeout

GREETING_TIMEOUT_S = 10.0


async def greet(connection: RpcConnection, timeout: float = GREETING_TIMEOUT_S) -> Any:
    """Return the result of `get_device_state`.

    Raises LoginNeeded if the telescope ignores commands although it is there, ScopeTimeout if it
    is silent altogether, ScopeUnreachable if the connection ends.
    """
    events_before = connection.events_seen
    challenged = await _asks_for_login(connection, timeout)
    outcomes: tuple[Any, Any] = await asyncio.gather(
        connection.request("test_connection", timeout=timeout),
        connection.request("get_device_state", {"keys": STATE_KEYS}, timeout=timeout),
        return_exceptions=True,
    )
    alive, state = outcomes
    silent = isinstance(alive, ScopeTimeout) and isinstance(state, ScopeTimeout)
    if silent and (challenged or connection.events_seen > events_before):
        raise LoginNeeded(
            "the telescope wants a login",
            "it is there but ignores commands, as firmware 7.18 and later does without a signed"
            " login",
            "This version cannot sign in yet: its files can still be reached over the share",
        )
    if isinstance(state, BaseException):
        raise state
    return state


async def _asks_for_login(connection: RpcConnection, timeout: float) -> bool:
    try:
        answer = await connection.request("get_verify_str", "verify", timeout)
    except (CommandRefused, ScopeTimeout):
        return False
    return bool(answer.get("str") if isinstance(answer, dict) else answer)
