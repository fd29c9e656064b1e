"""The command socket against tiny telescopes made of a few lines each."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from crowdsky_tui.base.errors import CommandRefused, LoginNeeded, ScopeTimeout, ScopeUnreachable
from crowdsky_tui.instruments.seestar.connection.auth import KeyFile
from crowdsky_tui.instruments.seestar.connection.login import greet
from crowdsky_tui.instruments.seestar.connection.rpc import RpcConnection, pauses
from crowdsky_tui.store.store import ScopeState

Answer = Callable[[dict[str, Any], asyncio.StreamWriter], Awaitable[None] | None]


def line(**fields: Any) -> bytes:
    return json.dumps(fields).encode() + b"\r\n"


def ok(command: dict[str, Any], result: Any = 0) -> bytes:
    return line(jsonrpc="2.0", method=command["method"], result=result, code=0, id=command["id"])


class TinyScope:
    """Hands each command to `answer`; remembers what came in."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.commands: list[dict[str, Any]] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        try:
            while data := await reader.readline():
                command = json.loads(data)
                self.commands.append(command)
                outcome = self.answer(command, writer)
                if outcome is not None:
                    await outcome
        except ConnectionError:
            pass
        finally:
            writer.close()


async def no_greeting(connection: RpcConnection) -> None:
    return None


@asynccontextmanager
async def connected(
    answer: Answer, *, wait: bool = True, greeting: Any = no_greeting, **options: Any
) -> AsyncIterator[tuple[RpcConnection, TinyScope]]:
    scope = TinyScope(answer)
    server = await asyncio.start_server(scope.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connection = RpcConnection("127.0.0.1", port, greeting, first_pause_s=0.02, **options)
    connection.open()
    try:
        if wait:
            await connection.wait_ready(5)
        yield connection, scope
    finally:
        await connection.close()
        server.close()
        for writer in scope.writers:
            writer.close()
        await server.wait_closed()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


async def test_replies_out_of_order_find_their_commands() -> None:
    waiting: list[dict[str, Any]] = []

    def answer(command: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        waiting.append(command)
        if len(waiting) == 3:
            noise = line(Event="PiStatus", temp=1.0) + b"not json\r\n" + line(id=999999, code=0)
            for one in reversed(waiting):
                writer.write(noise + ok(one, one["method"].upper()))

    async with connected(answer) as (connection, scope):
        results = await asyncio.gather(*(connection.call(name) for name in ("a", "b", "c")))
        assert results == ["A", "B", "C"]
        assert len({command["id"] for command in scope.commands}) == 3


async def test_a_reply_of_a_mebibyte_in_small_pieces() -> None:
    big = "x" * 1_000_000

    async def answer(command: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        data = ok(command, big)
        for start in range(0, len(data), 50_021):
            writer.write(data[start : start + 50_021])
            await writer.drain()

    async with connected(answer) as (connection, _):
        assert await connection.call("get_setting") == big


async def test_a_refusal_carries_the_code_and_clean_text() -> None:
    def answer(command: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        writer.write(line(error="no\x1b[31m", code=103, id=command["id"]))

    async with connected(answer) as (connection, _):
        with pytest.raises(CommandRefused) as caught:
            await connection.call("nonsense")
        assert caught.value.code == 103
        assert "\x1b" not in str(caught.value)


async def test_no_answer_is_a_timeout_and_a_late_one_hurts_nobody() -> None:
    async def answer(command: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        if command["method"] == "slow":
            await asyncio.sleep(0.15)
        writer.write(ok(command, command["method"]))

    async with connected(answer) as (connection, _):
        with pytest.raises(ScopeTimeout):
            await connection.call("slow", timeout=0.05)
        assert await connection.call("quick") == "quick"


async def test_a_command_in_flight_ends_at_once_when_the_socket_dies_and_the_next_works() -> None:
    def answer(command: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        if command["method"] == "die":
            writer.transport.abort()
        else:
            writer.write(ok(command))

    async with connected(answer) as (connection, scope):
        states: list[ScopeState] = []
        connection.on_state(lambda: states.append(connection.state))
        began = asyncio.get_running_loop().time()
        with pytest.raises(ScopeUnreachable):
            await connection.call("die", timeout=10)
        assert asyncio.get_running_loop().time() - began < 2
        await until(lambda: ScopeState.OFF in states)
        await connection.wait_ready(5)
        assert await connection.call("again") == 0
        assert scope.connections == 2
        assert states[-1] is ScopeState.READY


async def test_close_ends_commands_in_flight() -> None:
    async with connected(lambda command, writer: None) as (connection, scope):
        call = asyncio.create_task(connection.call("never"))
        await until(lambda: bool(scope.commands))
        await connection.close()
        with pytest.raises(ScopeUnreachable):
            await call
        with pytest.raises(ScopeUnreachable):
            await connection.call("after")


async def test_nobody_listens_then_somebody_does() -> None:
    probe = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    port = probe.sockets[0].getsockname()[1]
    probe.close()
    await probe.wait_closed()
    connection = RpcConnection("127.0.0.1", port, no_greeting, first_pause_s=0.02)
    connection.open()
    with pytest.raises(ScopeUnreachable) as caught:
        await connection.wait_ready(0.2)
    assert caught.value.why
    assert caught.value.next_step
    scope = TinyScope(lambda command, writer: writer.write(ok(command)))
    server = await asyncio.start_server(scope.serve, "127.0.0.1", port)
    await connection.wait_ready(5)
    assert await connection.call("x") == 0
    await connection.close()
    server.close()
    await server.wait_closed()


async def test_a_silent_client_keeps_the_connection_alive() -> None:
    async with connected(
        lambda command, writer: writer.write(ok(command, "server connected!")), keep_alive_s=0.05
    ) as (_, scope):
        await until(lambda: len(scope.commands) >= 3)
        assert {command["method"] for command in scope.commands} == {"test_connection"}
        assert scope.connections == 1


async def test_a_dead_silent_connection_is_dropped() -> None:
    async with connected(lambda command, writer: None, keep_alive_s=0.03, silence_limit_s=0.1) as (
        _,
        scope,
    ):
        await until(lambda: scope.connections >= 2)
        assert scope.connections >= 2


async def test_events_without_answers_after_the_greeting_end_in_a_new_connection() -> None:
    async def answer(command: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        writer.write(line(Event="PiStatus", temp=40.0))

    limits: dict[str, Any] = {"keep_alive_s": 0.03, "reply_limit_s": 0.15}
    async with connected(answer, **limits) as (connection, scope):
        await until(lambda: scope.connections >= 2)
        assert connection.events_seen > 2


async def test_events_reach_subscribers_even_if_one_of_them_fails(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with connected(lambda command, writer: writer.write(ok(command))) as (connection, scope):
        seen: list[str] = []

        def broken(event: object) -> None:
            raise RuntimeError("subscriber")

        connection.subscribe(broken)
        stop = connection.subscribe(lambda event: seen.append(event.name))
        await until(lambda: bool(scope.writers))
        scope.writers[0].write(line(Event="Stack", state="working"))
        await until(lambda: seen == ["Stack"])
        stop()
        scope.writers[0].write(line(Event="View", state="working"))
        await connection.call("sync")
        assert seen == ["Stack"]
        assert "RuntimeError: subscriber" in caplog.text


async def test_answers_that_stop_coming_show_as_stalled_until_one_comes() -> None:
    mute = True

    def answer(command: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        if not mute:
            writer.write(ok(command))

    async with connected(answer) as (connection, _):
        for method in ("a", "b"):
            with pytest.raises(ScopeTimeout):
                await connection.call(method, timeout=0.03)
        stalled = connection.state
        mute = False
        await connection.call("c")
        assert (stalled, connection.state) == (ScopeState.STALLED, ScopeState.READY)


async def quick_greeting(connection: RpcConnection) -> None:
    no_key = KeyFile("/nonexistent/seestar.pem")
    await greet(connection, no_key, timeout=0.1, challenge_timeout=0.1)


async def test_challenge_then_silence_is_login_needed() -> None:
    def answer(command: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        if command["method"] == "get_verify_str":
            writer.write(ok(command, {"str": "challenge"}))

    async with connected(answer, wait=False, greeting=quick_greeting) as (connection, _):
        with pytest.raises(LoginNeeded) as caught:
            await connection.wait_ready(5)
        assert connection.state is ScopeState.LOGIN_NEEDED
        assert caught.value.next_step
        with pytest.raises(LoginNeeded):
            await connection.call("get_setting")


async def test_events_without_answers_is_login_needed_and_silence_is_stalled() -> None:
    chatty = True

    def answer(command: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        if chatty:
            writer.write(line(Event="PiStatus", temp=40.0))

    async with connected(answer, wait=False, greeting=quick_greeting) as (connection, _):
        await until(lambda: connection.state is ScopeState.LOGIN_NEEDED)
    chatty = False
    async with connected(answer, wait=False, greeting=quick_greeting) as (connection, _):
        await until(lambda: connection.state is ScopeState.STALLED)
        with pytest.raises(ScopeTimeout):
            await connection.call("get_setting")


async def test_old_firmware_without_login_is_ready() -> None:
    def answer(command: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        if command["method"] == "get_verify_str":
            writer.write(line(error="method not found", code=103, id=command["id"]))
        else:
            writer.write(ok(command, {"device": {}}))

    async with connected(answer, greeting=quick_greeting) as (connection, _):
        assert connection.state is ScopeState.READY


def test_pauses_grow_to_a_limit() -> None:
    waits = pauses(0.5, 30)
    values = [next(waits) for _ in range(40)]
    assert 0.3 <= values[0] <= 0.5
    assert all(value <= 30 for value in values)
    assert min(values[10:]) >= 18
