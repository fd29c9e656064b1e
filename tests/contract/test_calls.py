"""A call is one record: carried out here, through an agent's socket, and refused by the record."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
import pytest
from night_kit import night_on

from crowdsky_tui.agent.client import RemoteNight
from crowdsky_tui.agent.messages import Answer, Ask, Event, line_of, socket_path
from crowdsky_tui.agent.server import Listener
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError, ReadOnlyMode
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import StorageSettings
from crowdsky_tui.night.calls.call import Call, decoded_call, encoded_call, every_call
from crowdsky_tui.night.calls.jobs import Refresh
from crowdsky_tui.store.store import Store

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


class Toy(msgspec.Struct, frozen=True):
    """A result of a type that nobody else knows."""

    scopes: tuple[str, ...]
    at: datetime


class PlayToy(Call[Toy], frozen=True):
    """All of a call that only looks: nothing else of the program knows it."""

    changes: ClassVar[bool] = False
    add: str

    async def run(self, night: "NightParts") -> Toy:
        return Toy((*night.watches, self.add), datetime(2026, 3, 1, tzinfo=UTC))


class BreakToy(Call[None], frozen=True):
    """All of a call that changes something."""

    async def run(self, night: "NightParts") -> None:
        night.store.set_automatic("broken")


PLAYED = Toy(("garden", "attic"), datetime(2026, 3, 1, tzinfo=UTC))


@asynccontextmanager
async def attached(
    night: Any, *, holder: str = "", read_only: bool = False
) -> AsyncIterator[RemoteNight]:
    """An app on a night's socket."""
    listener = Listener(night, holder=holder)
    app = RemoteNight(msgspec.structs.replace(night.settings, read_only=read_only))
    await listener.open()
    try:
        await app.open()
        yield app
    finally:
        await app.close()
        await listener.close()


async def test_a_call_is_one_edit(tmp_path: Path) -> None:
    async with night_on(tmp_path) as (_, night):
        assert await night.do(PlayToy("attic")) == PLAYED
        async with attached(night) as app:
            assert await app.do(PlayToy("attic")) == PLAYED
            await app.do(BreakToy())
        assert night.store.automatic == "broken"


async def test_who_may_only_look_is_refused_what_changes_and_nothing_else(tmp_path: Path) -> None:
    async with night_on(tmp_path) as (_, night):
        before = night.store.automatic
        async with attached(night, read_only=True) as app:
            assert await app.do(PlayToy("attic")) == PLAYED
            with pytest.raises(ReadOnlyMode, match="read-only"):
                await app.do(BreakToy())
        async with attached(night, holder="crowdsky-tui sync") as app:
            assert await app.do(PlayToy("attic")) == PLAYED
            with pytest.raises(CrowdSkyError, match="at work is crowdsky-tui sync"):
                await app.do(BreakToy())
        assert night.store.automatic == before


def test_a_second_call_of_a_name_is_refused() -> None:
    with pytest.raises(TypeError, match="PlayToy"):

        class PlayToy(Call[None], frozen=True):
            pass

    assert every_call()["PlayToy"].result_type is Toy


OURS = {name: kind for name, kind in every_call().items() if kind.__module__ != __name__}


class PlayTwice(PlayToy, frozen=True):
    """A call made from another has its result."""

    twice: bool = True


async def test_a_call_made_from_another_has_its_result(tmp_path: Path) -> None:
    async with night_on(tmp_path) as (_, night), attached(night) as app:
        assert await app.do(PlayTwice("attic")) == PLAYED


LOOKING = {name for name, kind in OURS.items() if not kind.changes}
CHANGING = {
    "AskAgain", "Cancel", "DoAction", "DownloadFrame", "DownloadStack", "FetchStack", "KeepPlace",
    "MarkStack", "SendKept", "SendRaw", "Settle", "SignIn", "Stack", "SwitchAutomatic", "Upload",
}  # fmt: skip
PLAIN: dict[object, object] = {
    str: "x", int: 1, float: 1.5, bool: True, datetime: datetime(2026, 3, 1, 12, tzinfo=UTC),
    bytes: b"x", Any: "x", object: "x",
}  # fmt: skip


def any_value(kind: Any) -> object:
    """A value of this type, as small as it may be."""
    of = get_args(kind)
    match get_origin(kind):
        case None:
            pass
        case origin if origin in (Union, UnionType, Annotated):
            return None if type(None) in of else any_value(of[0])
        case origin if origin is Literal:
            return of[0]
        case origin if origin is tuple:
            return () if of[-1] is ... else tuple(map(any_value, of))
        case origin:
            return PLAIN.get(origin, {} if len(of) == 2 else [])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return any_of(kind)
    if hasattr(kind, "_fields"):
        return kind(*map(any_value, get_type_hints(kind).values()))
    return PLAIN[kind]


def any_of(kind: Any) -> Any:
    """A record of this kind, with any values."""
    fields = [field for field in msgspec.structs.fields(kind) if field.required]
    return kind(**{field.name: any_value(field.type) for field in fields})


def test_what_changes_something_says_so() -> None:
    assert OURS.keys() - LOOKING >= CHANGING

    class Silent(Call[None], frozen=True):
        pass

    assert Silent.changes, "until it says otherwise"


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_call_comes_over_the_wire_whole(name: str) -> None:
    call: Call[object] = any_of(OURS[name])
    assert decoded_call(encoded_call(call)) == call
    msgspec.json.schema(call.result_type)  # a type that can be decoded


class Noting:
    """A night that notes what it is asked for; what it answers is set."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(storage=StorageSettings(str(folder), str(folder / "down")))
        self.clock = Clock()
        self.store = Store()
        self.asked: list[str] = []
        self.answer: object = None

    async def do(self, call: Call[object]) -> object:
        self.asked.append(type(call).__name__)
        return self.answer


async def test_an_onlooker_reaches_the_night_with_exactly_what_changes_nothing(
    tmp_path: Path,
) -> None:
    night = Noting(tmp_path)
    async with attached(night, holder="sync") as app:
        for name in sorted(OURS):
            with contextlib.suppress(CrowdSkyError):  # None is not what most of them give
                await app.do(any_of(OURS[name]))
    assert set(night.asked) == LOOKING


async def test_a_read_only_app_sends_exactly_what_changes_nothing(tmp_path: Path) -> None:
    night = Noting(tmp_path)
    async with attached(night, read_only=True) as app:
        for name in sorted(OURS):
            with contextlib.suppress(CrowdSkyError):
                await app.do(any_of(OURS[name]))
    assert set(night.asked) == LOOKING


@pytest.mark.parametrize(
    "answer", ["text", 7, None, {"scopes": "garden"}, {"scopes": ["x"], "at": "2026-03-01"}]
)
async def test_an_answer_of_another_kind_is_said_and_nothing_else_suffers(
    answer: object, tmp_path: Path
) -> None:
    night = Noting(tmp_path)
    night.answer = answer
    async with attached(night) as app:
        with pytest.raises(CrowdSkyError, match="the answer to PlayToy is not understood"):
            await app.do(PlayToy("x"))
        night.answer = None
        await app.do(Refresh())


@pytest.mark.parametrize(
    "said",
    [
        b'{"type":"Shutdown"}',
        b'{"type":"Shut\\u001b[2Jdown"}',
        b'{"type":"Cancel","job_id":"all"}',
        b'{"type":"MarkStack","stack_id":"a","mark":"\\u202e"}',
        b'{"type":"Cancel"}',
        b"{}",
        b"7",
        b"[" * 500 + b"]" * 500,
    ],
    ids=range(8),
)
async def test_a_call_that_nobody_knows_is_answered_and_never_done(
    said: bytes, tmp_path: Path
) -> None:
    night = Noting(tmp_path)
    listener = Listener(night)  # type: ignore[arg-type]
    await listener.open()
    reader, writer = await asyncio.open_unix_connection(socket_path(tmp_path))
    try:
        writer.write(line_of(Ask(5, msgspec.Raw(said))))
        writer.write(line_of(Ask(6, encoded_call(Refresh()))))
        answers: dict[int, Answer] = {}
        async with asyncio.timeout(60):
            while len(answers) < 2:
                event = msgspec.json.decode(await reader.readline(), type=Event)
                if isinstance(event, Answer):
                    answers[event.id] = event
    finally:
        writer.close()
        await listener.close()
    failure = answers[5].failure
    assert failure is not None and "not understood" in failure.what
    assert failure.why.isprintable() and len(failure.why) <= 200
    assert answers[6].failure is None and night.asked == ["Refresh"]


def test_a_password_never_stands_in_a_call_s_text() -> None:
    kind: Any = every_call()["SignIn"]
    assert "hush" not in repr(kind("alice", "hush")) + str(kind("alice", "hush"))
