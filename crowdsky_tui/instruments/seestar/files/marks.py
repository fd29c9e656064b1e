"""Small files on the telescope by which copies of this program know of each other.

They lie beside MyWorks, where the firmware looks for nothing: `stacking.json` while one copy has
the telescope stack, and one file for each stack on its way to the server, named by the stack's
hash. Whoever is on the network can write there, so a mark's text is bounded, cleaned, and can do
no more than make us wait or ask.
"""

import asyncio
import getpass
import hashlib
import json
import logging
import math
import os
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import (
    CrowdSkyError,
    DeviceError,
    FileInTheWay,
    NotFoundOnScope,
    ReadOnlyMode,
    ScopeBusy,
)
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.seestar.files.files import RemoteFile, ScopeFiles, usable

log = logging.getLogger(__name__)

FOLDER = "CrowdSky_marks"
STACKING = "stacking"
MAX_BYTES = 2048
STACKING_STALE = timedelta(minutes=5)
"""A mark that has not changed for so long while the telescope stacks nothing: its copy is gone."""
UNWRITTEN_STALE = timedelta(seconds=30)
"""A mark that stays empty: its copy, or the line, ended between making and writing it."""
NEVER = timedelta(days=36500)
DROP_TIMEOUT_S = 10.0
FIRST_YEAR, LAST_YEAR = 2015, 2100
Busy = Callable[[], Awaitable[bool]]
STATES = ("stacking", "sending", "doubt", "sent")


class Copy(msgspec.Struct, frozen=True):
    """One copy of this program: whose, on which machine, and an id that tells two apart.

    The id is the same after a restart and without the journal: one copy has one state folder.
    """

    owner: str
    machine: str
    id: str


def this_copy(state_dir: Path) -> Copy:
    """The copy whose journal lies in `state_dir`."""
    try:
        owner = getpass.getuser()
    except (KeyError, OSError, ImportError):
        owner = f"user {os.getuid()}"
    machine = socket.gethostname()
    try:
        hardware = Path("/etc/machine-id").read_text().strip()
    except OSError:
        hardware = ""
    place = f"{hardware} {uuid.getnode()} {machine} {os.getuid()} {state_dir.absolute()}"
    digest = hashlib.sha256(place.encode(errors="replace")).hexdigest()
    return Copy(clean(owner, 40), clean(machine, 60), digest[:16])


class Mark(msgspec.Struct, frozen=True):
    """What a copy has marked.

    `state` is stacking, or as `LedgerEntry.upload`: sending (it means
    to), doubt (the last byte may have gone), sent (accepted). `at` is aware UTC, None if it cannot
    be believed. `copy` is empty in a mark that cannot be read. `sha256`, `key` and `job` are of a
    stack that goes to the server, `of` says in words what is marked. `seen_since` is since when
    whoever keeps a copy of the mark has seen it unchanged, by the steady clock of `seen_boot`.
    """

    state: str = "sending"
    copy: str = ""
    owner: str = "somebody"
    machine: str = "some machine"
    at: datetime | None = None
    of: str = ""
    sha256: str = ""
    key: str = ""
    job: int | None = None
    seen_boot: str = ""
    seen_since: float = 0.0

    @property
    def handed_over(self) -> bool:
        """Whether the server may have what is marked: then nobody else sends it."""
        return self.state in ("doubt", "sent")

    @property
    def who(self) -> str:
        """Whose it is, in words: `alice on raspberrypi`."""
        return f"{self.owner} on {self.machine}"


def mark_by(copy: Copy, state: str, at: datetime, of: str, **more: object) -> Mark:
    """A mark of `copy`. `at` is aware UTC, `of` what is marked, `more` are fields of `Mark`."""
    mark = Mark(state, copy.id, copy.owner, copy.machine, at, clean(of))
    return msgspec.structs.replace(mark, **more)


def encode(mark: Mark) -> bytes:
    """A mark as it is written: JSON and a line's end."""
    return msgspec.json.encode(mark) + b"\n"


def decode(content: bytes) -> Mark:
    """Read a mark that anybody may have written; what is not a mark is one that tells nothing."""
    try:
        said = json.loads(content[:MAX_BYTES])
    except (ValueError, RecursionError):
        return Mark()
    if not isinstance(said, dict):
        return Mark()

    def text(name: str, limit: int, default: str = "") -> str:
        value = said.get(name)
        return clean(value, limit) if isinstance(value, str) and value else default

    state = said.get("state")
    job = said.get("job")
    return Mark(
        state=state if state in STATES else "sending",
        copy=text("copy", 64),
        owner=text("owner", 40, "somebody"),
        machine=text("machine", 60, "some machine"),
        at=_moment(said.get("at")),
        of=text("of", 200),
        sha256=text("sha256", 64),
        key=text("key", 40),
        job=job if isinstance(job, int) and not isinstance(job, bool) and 0 < job < 2**53 else None,
        seen_boot=text("seen_boot", 64),
        seen_since=_seconds(said.get("seen_since")),
    )


def _seconds(said: object) -> float:
    """Seconds of a steady clock; endless where they cannot be, as nothing is older than that."""
    return said if isinstance(said, float) and 0 <= said < math.inf else math.inf


def _moment(said: object) -> datetime | None:
    """A moment that can be: aware, not before there were such telescopes, not in another age."""
    if not isinstance(said, str) or len(said) > 40:
        return None
    try:
        moment = datetime.fromisoformat(said)
        if moment.tzinfo is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
            return None
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


class ScopeMarks:
    """The marks on one telescope, as one copy makes, honours and takes over them."""

    def __init__(self, name: str, files: ScopeFiles, clock: Clock, copy: Copy) -> None:
        self.copy = copy
        self._name = name
        self._files = files
        self._clock = clock
        self._seen: dict[str, tuple[bytes, float]] = {}
        self._said = ""

    async def read(self, name: str) -> Mark | None:
        """The mark of this name; None if there is none. Raises DeviceError."""
        content = await self._content(name)
        return None if content is None else decode(content)

    async def names(self) -> list[str]:
        """Of all marks that lie there, whoever's; none where there is no such folder."""
        try:
            files = usable(await self._files.list(FOLDER))
        except NotFoundOnScope:
            return []
        return [file.name.removesuffix(".json") for file in files if file.name.endswith(".json")]

    def seen_since(self, name: str, since: float) -> None:
        """An earlier run has seen the mark as it was last read since then (`Clock.steady`)."""
        content, here = self._seen.get(name, (b"", since))
        self._seen[name] = (content, min(here, since))

    async def claim(self, name: str, mark: Mark, stale_after: timedelta) -> Mark | None:
        """Make a mark, or find it ours; the other copy's if it is held.

        Only one of several that ask at once gets it. One that was seen unchanged for `stale_after`
        by our own steady clock is taken over; then the log says so. What that machine's clock says
        never counts: it may be a day behind ours, or ahead. An empty one is stale sooner, if any.
        Raises DeviceError or ReadOnlyMode where marks cannot be made.
        """
        content = await self._content(name)
        if content is None:
            return await self._make(name, mark)
        found = decode(content)
        if found.copy == self.copy.id:
            await self._files.replace(_path(name), encode(mark))
            return None
        if not content and stale_after != NEVER:
            stale_after = min(stale_after, UNWRITTEN_STALE)
        if self._unchanged_s(name) < stale_after.total_seconds():
            return found
        if not await self._take_away(name, content):
            return found
        if (first := await self._make(name, mark)) is not None:
            return first
        log.warning(
            "%s: the mark of %s on %s is stale and taken over",
            self._name,
            found.who,
            found.of or name,
        )
        return None

    async def _make(self, name: str, mark: Mark) -> Mark | None:
        """Make a mark where there was none; that of whoever was first."""
        try:
            await self._files.create(_path(name), encode(mark))
        except FileInTheWay:
            found = await self.read(name) or Mark()
            return None if found.copy == self.copy.id else found
        return None

    async def write(self, name: str, mark: Mark) -> None:
        """Make or change our own mark."""
        await self._files.replace(_path(name), encode(mark))

    async def drop(self, name: str) -> None:
        """Take away our own mark, never another's. Nothing is raised: it may go later."""
        try:
            async with asyncio.timeout(DROP_TIMEOUT_S):
                mark = await self.read(name)
                if mark is not None and mark.copy == self.copy.id:
                    await self._files.delete(_path(name))
        except (CrowdSkyError, TimeoutError) as error:
            log.info("%s: a mark stays: %s", self._name, error)

    async def others(self, newest: int = 200) -> list[tuple[str, Mark]]:
        """The newest marks of other copies by name, newest first; none without such a folder."""
        try:
            files = usable(await self._files.list(FOLDER))
        except NotFoundOnScope:
            return []
        found = []
        for file in sorted(files, key=_age)[:newest]:
            name = file.name.removesuffix(".json")
            mark = await self.read(name)
            if mark is not None and mark.copy != self.copy.id:
                found.append((name, mark))
        return found

    async def take_away(self, name: str, judged: Mark) -> bool:
        """Take away another copy's mark; False if it is not as it was when it was judged.

        Raises DeviceError, or ReadOnlyMode in a run that must not.
        """
        content = await self._content(name)
        if content is None or decode(content) != judged or judged.copy == self.copy.id:
            return False
        return await self._take_away(name, content)

    @asynccontextmanager
    async def stacking(self, of: str, busy: Busy) -> AsyncIterator[None]:
        """Hold the telescope's stacker. Raises ScopeBusy while another copy does.

        `busy` tells whether the telescope stacks at this moment: then no mark is stale. Where marks
        cannot be made the work goes on without, and the log says so once.
        """
        await self.hold_stacking(of, busy)
        try:
            yield
        finally:
            await self.drop(STACKING)

    async def hold_stacking(self, of: str, busy: Busy | None = None) -> None:
        """Mark the stacker as ours, or show that we are still at it; ScopeBusy if it is not ours.

        Without `busy` nothing is taken over.
        """
        mark = mark_by(self.copy, "stacking", self._clock.now(), of)
        try:
            other = await self.claim(STACKING, mark, NEVER)
            if other is not None and busy is not None:
                if await busy():
                    self._seen.pop(STACKING, None)  # only while it is idle does a mark grow stale
                else:
                    other = await self.claim(STACKING, mark, STACKING_STALE)
        except (DeviceError, ReadOnlyMode, FileInTheWay) as error:
            self.say_unmarked(error)
            return
        if other is not None:
            raise ScopeBusy(
                "another copy of crowdsky-tui has the telescope stack",
                f"{other.who}, {other.of}" if other.of else other.who,
                "It is tried again when that has ended",
            )

    def say_unmarked(self, error: CrowdSkyError) -> None:
        """One line each time that marks cannot be made for another reason."""
        if str(error) != self._said:
            self._said = str(error)
            log.warning(
                "%s: no marks can be made (%s): two copies on it cannot know of each other,"
                " only the server's list tells what is sent",
                self._name,
                clean(error, 200),
            )

    def _unchanged_s(self, name: str) -> float:
        """For how many seconds it has been seen as it was last read."""
        now = self._clock.steady()
        return now - self._seen.get(name, (b"", now))[1]

    async def _take_away(self, name: str, content: bytes) -> bool:
        """Move a stale mark aside; False if another copy was first, whose mark stays."""
        aside = f"{FOLDER}/{name}.{self.copy.id}.old"
        await self._files.delete(aside)
        try:
            await self._files.rename(_path(name), aside)
        except NotFoundOnScope:
            return False
        if await self._files.read_share(aside, 0, MAX_BYTES) != content:
            await self._files.rename(aside, _path(name))
            return False
        await self._files.delete(aside)
        self._seen.pop(name, None)
        return True

    async def _content(self, name: str) -> bytes | None:
        try:
            content = await self._files.read_share(_path(name), 0, MAX_BYTES)
        except NotFoundOnScope:
            self._seen.pop(name, None)
            return None
        if name not in self._seen or self._seen[name][0] != content:
            self._seen[name] = (content, self._clock.steady())
        return content


def _path(name: str) -> str:
    return f"{FOLDER}/{name}.json"


def _age(file: RemoteFile) -> float:
    return -file.modified.timestamp() if file.modified else 0.0
