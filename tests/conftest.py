"""Nothing that a test does leaves this machine: one that tries to fails, and children cannot.

Nor does a test leave an exception behind that nobody has seen.
"""

import ast
import asyncio
import functools
import gc
import ipaddress
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from crowdsky_tui.base.redaction import forget_all
from tests.order import spread

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each of thousands of processes would compile all
sys.dont_write_bytecode = False
hypothesis_settings.register_profile(
    "any load", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # a busy machine is no fault of an example
hypothesis_settings.load_profile("any load")

os.environ["CROWDSKY_SEARCH"] = "127.0.0.1"  # a child that searches asks nobody else
UNIT, PTY = (Path(__file__).parent / folder for folder in ("unit", "pty"))
LONGEST = "test_slow_line.py"
"""Five minutes, of which it computes ten seconds."""
HERE = ("", None, "localhost")
strays: list[str] = []


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """`-n auto`: a worker for each core, and two where tests wait for processes and clocks.

    Each worker reads all test files first, which alone is a third of what the unit tests take.
    """
    cores = os.cpu_count() or 1
    only_units = all(Path(each).resolve().is_relative_to(UNIT) for each in config.args)
    return cores if only_units else 2 * cores


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the files that wait for a terminal among those that compute, the unit tests last.

    In their own place they would all wait at once, and the longest one would be the last to end.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    waiting = [path for path in files if path.is_relative_to(PTY)]
    waiting.sort(key=lambda path: path.name != LONGEST)
    quick = [path for path in files if path.is_relative_to(UNIT)]
    others = [path for path in files if path not in {*waiting, *quick}]
    items[:] = [item for path in (*spread(waiting, others), *quick) for item in files[path]]


def pytest_collection_finish() -> None:
    """Let the collector look at what a test makes, not at thousands of tests again and again."""
    gc.collect()
    gc.freeze()


def is_here(host: Any) -> bool:
    """Whether a host is this machine; a name that must be looked up elsewhere is not."""
    if host in HERE:
        return True
    try:
        address = ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def watched(name: str, call: Callable[..., Any], position: int) -> Callable[..., Any]:
    """`call`, taking notes of every host beyond this machine; `position` is the address's."""

    @functools.wraps(call)
    def watch(*arguments: Any, **more: Any) -> Any:
        target = arguments[position]
        host = target[0] if isinstance(target, tuple) else target
        is_path = isinstance(target, str | bytes) and position < 0
        if not is_path and not is_here(host):
            strays.append(f"{name} {host!r}")
        return call(*arguments, **more)

    return watch


for _name in ("connect", "connect_ex", "sendto"):  # the address is their last argument
    setattr(socket.socket, _name, watched(_name, getattr(socket.socket, _name), -1))
socket.getaddrinfo = watched("getaddrinfo", socket.getaddrinfo, 0)


def parsed_whole(parse: Callable[..., ast.AST]) -> Callable[..., ast.AST]:
    """`ast.parse` that no finalizer interrupts.

    CPython 3.11 counts its depth in one place. Where the collector runs a finalizer meanwhile and
    that tells a traceback, which is parsed too, the outer one ends in `SystemError: AST constructor
    recursion depth mismatch`.
    """
    alone = threading.RLock()

    @functools.wraps(parse)
    def whole(*arguments: Any, **more: Any) -> ast.AST:
        with alone:
            was_on = gc.isenabled()
            gc.disable()
            try:
                return parse(*arguments, **more)
            finally:
                if was_on:
                    gc.enable()

    return whole


ast.parse = parsed_whole(ast.parse)  # type: ignore[assignment]

unseen: list[str] = []


def note_unseen(self: asyncio.BaseEventLoop, context: dict[str, Any]) -> None:
    """What a loop was told of: a task's exception that nobody retrieved, a failed callback."""
    error = context.get("exception")
    if error is not None and not isinstance(error, asyncio.CancelledError):
        unseen.append(f"{context.get('message')}: {error!r}")
    _tell_loop(self, context)


_tell_loop = asyncio.BaseEventLoop.call_exception_handler
asyncio.BaseEventLoop.call_exception_handler = note_unseen  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def leaves_no_exception() -> Iterator[None]:
    """Fail a test after which an exception is left that nobody retrieved."""
    unseen.clear()
    yield
    gc.collect(1)  # a task tells of its exception when it goes
    left = list(unseen)
    unseen.clear()
    assert not left, "this test left an exception that nobody has seen"


@pytest.fixture(autouse=True)
def no_secrets_of_others() -> Iterator[None]:
    """What one test calls a secret may stand in another's texts."""
    forget_all()
    yield
    forget_all()


@pytest.fixture(autouse=True)
def stays_here() -> Iterator[None]:
    strays.clear()
    yield
    assert not strays, "this test reached beyond this machine"
