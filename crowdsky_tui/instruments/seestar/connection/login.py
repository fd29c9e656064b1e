"""What is said first on each connection: does it want a login, and who is it?

Firmware 7.18 and later answers `get_verify_str` with a challenge. From 7.32 on, whoever has not
signed it gets events but no answer to any command: silence of commands is *login needed*, not
*offline*. Older firmware refuses the question (103) and needs nothing.
"""

import asyncio
import logging
from enum import Enum

from crowdsky_tui.base.errors import (
    CommandRefused,
    DeviceError,
    LoginNeeded,
    LoginRefused,
    ScopeTimeout,
)
from crowdsky_tui.instruments.seestar.connection.auth import HOW_TO_GET_ONE, KeyFile
from crowdsky_tui.instruments.seestar.connection.markers import INSIDE_BELOW
from crowdsky_tui.instruments.seestar.connection.rpc import RpcConnection
from crowdsky_tui.instruments.seestar.control.state import STATE_KEYS

log = logging.getLogger(__name__)

GREETING_TIMEOUT_S = 10.0
CHALLENGE_TIMEOUT_S = 15.0  # a telescope that images takes 10 s for it
PROBE_TIMEOUT_S = 3.0  # whether it answers those who are not signed in shows at once


class SignIn(Enum):
    """How the login went where nothing speaks against it."""

    DONE = "signed in"
    NOT_WANTED = "old firmware"
    UNANSWERED = "no answer"


async def greet(
    connection: RpcConnection,
    key_file: KeyFile,
    *,
    timeout: float = GREETING_TIMEOUT_S,
    challenge_timeout: float = CHALLENGE_TIMEOUT_S,
) -> object:
    """Sign in if that is wanted, and return the result of `get_device_state`.

    Raises LoginNeeded or LoginRefused if the telescope ignores commands for want of a login (some
    firmware asks for one but does without), ScopeTimeout if it is silent altogether,
    ScopeUnreachable if the connection ends.
    """
    events_before = connection.events_seen
    signed_in = await _sign_in(connection, key_file, timeout, challenge_timeout)
    if isinstance(signed_in, DeviceError):
        timeout = min(timeout, PROBE_TIMEOUT_S)
    outcomes: tuple[object, object] = await asyncio.gather(
        connection.request("test_connection", timeout=timeout),
        _ask_who(connection, timeout, may_want_markers=signed_in is SignIn.NOT_WANTED),
        return_exceptions=True,
    )
    alive, state = outcomes
    if isinstance(alive, ScopeTimeout) and isinstance(state, ScopeTimeout):
        if isinstance(signed_in, DeviceError):
            raise signed_in
        if signed_in is SignIn.UNANSWERED and connection.events_seen > events_before:
            raise LoginNeeded(
                "the telescope wants a login",
                "it sends events but ignores commands, as firmware 7.32 and later does without one",
                HOW_TO_GET_ONE,
            )
    if isinstance(state, BaseException):
        raise state
    if isinstance(signed_in, DeviceError):
        log.info("the telescope answers without a login; %s", signed_in.why)
    return state


async def _sign_in(
    connection: RpcConnection, key_file: KeyFile, timeout: float, challenge_timeout: float
) -> SignIn | DeviceError:
    """The three steps of the login; what is in the way of it comes back as an error."""
    try:
        answer = await connection.request("get_verify_str", "verify", challenge_timeout)
    except CommandRefused:
        return SignIn.NOT_WANTED
    except ScopeTimeout:
        return SignIn.UNANSWERED
    challenge = answer.get("str") if isinstance(answer, dict) else answer
    if not isinstance(challenge, str) or not challenge:
        return SignIn.NOT_WANTED
    connection.markers.learn(INSIDE_BELOW)
    try:
        key = await key_file.read()
    except LoginNeeded as missing:
        return missing
    proof = {"sign": await asyncio.to_thread(key.sign, challenge), "data": challenge}
    try:
        await connection.request("verify_client", proof, timeout)
    except CommandRefused as refusal:
        return LoginRefused(
            "the telescope refused the login",
            f"it does not accept the key's signature: {refusal.why}",
            "Take the key out of a current Seestar app; the one in use may be outdated",
        )
    await _check_verified(connection, timeout)
    return SignIn.DONE


async def _check_verified(connection: RpcConnection, timeout: float) -> None:
    """The last step decides nothing (docs/design/seestar-protocol.md 2)."""
    try:
        verified = await connection.request("pi_is_verified", "verify", timeout)
    except (CommandRefused, ScopeTimeout) as error:
        log.info("the login could not be confirmed: %s", error)
        return
    if isinstance(verified, dict):
        verified = verified.get("is_verified")
    if verified is not True:
        log.info("the telescope took the login but does not call it verified")


async def _ask_who(connection: RpcConnection, timeout: float, *, may_want_markers: bool) -> object:
    """`get_device_state`, marked as the firmware wants it, which is not known before."""
    try:
        return await connection.request("get_device_state", {"keys": STATE_KEYS}, timeout)
    except (CommandRefused, ScopeTimeout):
        if connection.markers.inside or not may_want_markers:
            raise
        connection.markers.inside = True
        try:
            return await connection.request("get_device_state", {"keys": STATE_KEYS}, timeout)
        except (CommandRefused, ScopeTimeout):
            connection.markers.inside = False
            raise
