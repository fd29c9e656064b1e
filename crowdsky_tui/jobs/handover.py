"""What was handed to the server, said a second time outside the journal.

Beside each file that is sent lies a hidden mark, and on its telescope another (`device.marks`). So
nothing is sent twice because a journal was lost, or because two copies work on one telescope. Only
whoever holds the telescope's mark sends; where it cannot be reached, the mark beside the file tells
whose it was at the last look.
"""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path

import msgspec

from crowdsky_tui.base.clock import BOOT, Clock
from crowdsky_tui.base.errors import (
    DeviceError,
    FileInTheWay,
    ReadOnlyMode,
    SentByAnotherCopy,
    ServerError,
)
from crowdsky_tui.base.files import read_plain, write_whole
from crowdsky_tui.base.text import path_component
from crowdsky_tui.base.threads import to_its_end
from crowdsky_tui.blocks import parse_chunk_key
from crowdsky_tui.instruments.seestar.files.marks import (
    MAX_BYTES,
    Copy,
    Mark,
    ScopeMarks,
    decode,
    encode,
    mark_by,
)
from crowdsky_tui.jobs.delivery import UNLISTED, Delivery
from crowdsky_tui.jobs.engine.queue import Later
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.scopes import Scopes

log = logging.getLogger(__name__)

LOOK_AGAIN_S = 30.0
QUICK_S = 5.0
"""Real seconds that a telescope has to take a mark while the server waits for our last byte."""
UNMARKABLE = (DeviceError, ReadOnlyMode, FileInTheWay)


def mark_beside(path: Path) -> Path:
    """Where the mark of a file on this machine lies."""
    return path.with_name(f".{path.name}.sent")


def mark_of_subframes(order: Order) -> str:
    """The name of a block's mark while its sub-frames are sent."""
    return hashlib.sha256(f"sub-frames of {order.block_id}".encode()).hexdigest()


class Handover:
    """The marks of stacks on their way, as one copy of this program makes and honours them.

    A mark that says no more than that somebody meant to send is stale once it was seen unchanged on
    the telescope for `deadline`, by our own steady clock. One that says that the server may have it
    is never taken over: the list, or the user, has the word.

    A block whose sub-frames are sent has one mark for all of them: on the telescope by its name,
    here in their folder below `downloads`.
    """

    def __init__(
        self,
        scopes: Scopes,
        copy: Copy,
        clock: Clock,
        deadline: timedelta,
        downloads: Path | None = None,
    ) -> None:
        self._scopes = scopes
        self._copy = copy
        self._clock = clock
        self._deadline = deadline
        self._downloads = downloads
        self._held: dict[str, float] = {}
        self._watched: dict[str, Mark] = {}

    async def reserve(self, entry: LedgerEntry) -> Mark | None:
        """Mark a fetched file as ours to send; the mark that stands in the way, None if it is ours.

        A mark of ours that says that it was handed over stands in the way too.
        """
        return (await self._reserve(entry))[0]

    async def _reserve(self, entry: LedgerEntry) -> tuple[Mark | None, bool]:
        """As `reserve`, and whether the telescope has judged: then its mark is not stale yet."""
        entry = self._marked(entry)
        beside, there = await self._read_beside(entry), None
        marks = self._scopes.marks_of(entry.order)
        if marks is not None:
            there = await self._read_there(marks, entry)
        if beside is not None and there is not None and beside.copy == there.copy == self._copy.id:
            there = beside  # of our own work the mark on this machine is always the newer one
        for state in ("sent", "doubt"):
            for mark in (there, beside):
                if mark is not None and mark.state == state:
                    return await self._stands(entry, mark, beside), False
        own = self._mark(entry, "sending")
        if marks is not None:
            if there is not None:
                marks.seen_since(entry.sha256, self._watch(entry, there, beside).seen_since)
            other = await self._claim(marks, entry, own)
        else:
            other = beside if beside is not None and beside.copy != self._copy.id else None
        if other is not None:
            return await self._stands(entry, other, beside), marks is not None
        await self._write_beside(entry, own)
        self._held.setdefault(entry.sha256, self._clock.steady())
        return None, False

    async def _stands(self, entry: LedgerEntry, mark: Mark, beside: Mark | None) -> Mark:
        """Keep a mark that stands in the way beside the file, with since when it was seen so."""
        watched = self._watched[entry.sha256] = self._watch(entry, mark, beside)
        await self._write_beside(entry, watched)
        return watched

    def _watch(self, entry: LedgerEntry, mark: Mark, beside: Mark | None) -> Mark:
        """The mark with since when we have seen it unchanged: in this run, or in one before."""
        since = self._clock.steady()
        for known in (self._watched.get(entry.sha256), beside):
            if (
                known is not None
                and known.seen_boot == BOOT
                and _as_written(known) == _as_written(mark)
            ):
                since = min(since, known.seen_since)
        return msgspec.structs.replace(mark, seen_boot=BOOT, seen_since=since)

    def held_s(self, entry: LedgerEntry) -> float:
        """For how many seconds it has been ours to send.

        Only a list that was asked for since then tells all that other copies have sent: one takes
        its mark away when the list has the stack.
        """
        now = self._clock.steady()
        return now - self._held.get(self._marked(entry).sha256, now)

    async def learn(self, entry: LedgerEntry) -> LedgerEntry:
        """The entry with what the marks tell of it: unchanged if it is ours to send now.

        Raises Later while another copy sends it, ServerError where that copy may have handed it
        over and neither the list nor its mark has told more by the deadline.
        """
        mark, judged = await self._reserve(entry)
        if mark is None:
            return entry
        if mark.state == "sent" or (mark.handed_over and mark.copy == self._copy.id):
            return self._as_sent(entry, mark)
        watched_s = self._clock.steady() - mark.seen_since
        if not judged and watched_s >= self._deadline.total_seconds():
            name = entry.order.name or f"the block of {entry.order.words}"
            handed_over = "it was handed over but never answered for"
            raise ServerError(
                f"{name} may have been sent by {mark.who}",
                f"{handed_over if mark.handed_over else 'its telescope was not in reach to ask'},"
                " and the server has not listed it",
                "Look on the web site; upload it again with --no-skip-existing if it is not there"
                if entry.order.name
                else "Look on the web site; 'crowdsky-tui raw-upload TARGET --overwrite' sends it",
            )
        raise Later(LOOK_AGAIN_S, f"{mark.who} sends it: looking at the server's list meanwhile")

    async def begin(self, entry: LedgerEntry) -> None:
        """It is sent from now on: whatever was marked before has been decided."""
        entry = self._marked(entry)
        mark = self._mark(entry, "sending")
        await self._write_beside(entry, mark)
        if marks := self._scopes.marks_of(entry.order):
            await self._quietly(marks, marks.write(entry.sha256, mark))

    async def before_last_byte(self, entry: LedgerEntry) -> None:
        """The server may have it from now on. SentByAnotherCopy if it has become another's."""
        await self._change(entry, "doubt")

    async def accepted(self, entry: LedgerEntry) -> None:
        """The server has it."""
        with contextlib.suppress(SentByAnotherCopy):
            await self._change(entry, "sent")

    async def taken_back(self, entry: LedgerEntry) -> None:
        """What was to be sent certainly did not arrive: what `entry` says holds again."""
        handed_over = {Delivery.DOUBT: "doubt", Delivery.SENT: "sent", Delivery.CONFIRMED: "sent"}
        with contextlib.suppress(SentByAnotherCopy):
            await self._change(entry, handed_over.get(entry.upload, "sending"))

    async def _change(self, entry: LedgerEntry, state: str) -> None:
        entry = self._marked(entry)
        mark = self._mark(entry, state)
        await self._write_beside(entry, mark)
        if marks := self._scopes.marks_of(entry.order):
            await self._quietly(marks, self._write_ours(marks, entry.sha256, mark))

    async def listed(self, entry: LedgerEntry) -> None:
        """The server lists it: the list is the proof, and no mark of ours is needed any more."""
        entry = self._marked(entry)
        self._held.pop(entry.sha256, None)
        self._watched.pop(entry.sha256, None)
        if entry.local_path:
            await to_its_end(_unlink, mark_beside(Path(entry.local_path)))
        if marks := self._scopes.marks_of(entry.order):
            await marks.drop(entry.sha256)

    async def drop_needless(self, marks: ScopeMarks, journal: Journal) -> None:
        """Take away our marks on a telescope that was out of reach when the list had the stacks.

        Never another copy's. Raises DeviceError.
        """
        lying = set(await marks.names())
        on_their_way = await journal.ledger(uploads=UNLISTED | {Delivery.SENDING})
        lying -= {self._marked(entry).sha256 for entry in on_their_way}
        if not lying:
            return
        for entry in await journal.ledger(uploads={Delivery.CONFIRMED}):
            if self._marked(entry).sha256 in lying:
                await self.listed(entry)

    async def _claim(self, marks: ScopeMarks, entry: LedgerEntry, own: Mark) -> Mark | None:
        try:
            return await marks.claim(entry.sha256, own, self._deadline)
        except UNMARKABLE as error:
            marks.say_unmarked(error)
            return None

    async def _read_there(self, marks: ScopeMarks, entry: LedgerEntry) -> Mark | None:
        try:
            return await marks.read(entry.sha256)
        except UNMARKABLE as error:
            marks.say_unmarked(error)
            return None

    async def _write_ours(self, marks: ScopeMarks, name: str, mark: Mark) -> None:
        there = await marks.read(name)
        if there is not None and there.copy != mark.copy:
            raise SentByAnotherCopy(
                f"{mark.of} is sent by {there.who}",
                "",
                "The server's list tells the rest",
            )
        await marks.write(name, mark)

    async def _quietly(self, marks: ScopeMarks, writing: Awaitable[None]) -> None:
        """Change the telescope's mark if that is quick: its loss costs less than a lost sending."""
        try:
            async with asyncio.timeout(QUICK_S):
                await writing
        except TimeoutError:
            log.warning("a mark on the telescope could not be changed in %.0f s", QUICK_S)
        except UNMARKABLE as error:
            marks.say_unmarked(error)

    def _mark(self, entry: LedgerEntry, state: str) -> Mark:
        return mark_by(
            self._copy,
            state,
            self._clock.now() if state == "sending" else entry.sent_at or self._clock.now(),
            entry.order.name or entry.order.target,
            sha256=entry.sha256,
            key=entry.server_key if state == "sent" else "",
            job=entry.server_job if state == "sent" else None,
        )

    def _as_sent(self, entry: LedgerEntry, mark: Mark) -> LedgerEntry:
        """The entry as the journal would have it if it were not lost, or were that other copy's.

        What the mark says of the time proves nothing: by the steady clock it was handed over now.
        """
        at = min(mark.at or self._clock.now(), self._clock.now())
        log.warning("%s: by the mark of %s it was handed over", mark.of, mark.who)
        sent = mark.state == "sent"
        return msgspec.structs.replace(
            entry,
            upload=Delivery(mark.state),
            server_key=mark.key if sent and parse_chunk_key(mark.key) else "",
            server_job=mark.job if sent else None,
            sent_at=at,
            sent_boot=BOOT,
            sent_steady=self._clock.steady(),
            accepted_at=at if sent else None,
        )

    def _marked(self, entry: LedgerEntry) -> LedgerEntry:
        """The entry with the name of its mark as its hash, and with what the mark lies beside.

        For a block's sub-frames, which have no hash in common, that is the block's own.
        """
        if entry.sha256 or entry.order.name:
            return entry
        name = mark_of_subframes(entry.order)
        path = ""
        if self._downloads is not None:
            path = str(raw_folder(self._downloads, entry.order) / name[:16])
        return msgspec.structs.replace(entry, sha256=name, local_path=path)

    async def _read_beside(self, entry: LedgerEntry) -> Mark | None:
        """The mark beside the file, if it is of these bytes."""
        if not entry.local_path:
            return None
        path = mark_beside(Path(entry.local_path))
        content = await asyncio.to_thread(_read, path)
        if content is None:
            return None
        mark = decode(content)
        return mark if mark.sha256 == entry.sha256 else None

    async def _write_beside(self, entry: LedgerEntry, mark: Mark) -> None:
        if not entry.local_path:
            return
        path = mark_beside(Path(entry.local_path))
        marked = msgspec.structs.replace(mark, sha256=entry.sha256)
        try:
            await to_its_end(_write, path, encode(marked))
        except OSError as error:
            log.warning("no mark can be made beside %s: %s", path.name, error.strerror or error)


def _as_written(mark: Mark) -> Mark:
    """A mark as its maker wrote it, with nothing of who keeps a copy of it."""
    return msgspec.structs.replace(mark, sha256="", seen_boot="", seen_since=0.0)


def raw_folder(downloads: Path, order: Order) -> Path:
    """Where a block's sub-frames are kept; ValueError if a name may not be part of a path."""
    parts = (order.serial or order.telescope, order.sub_folder)
    return (downloads / "raw").joinpath(*(path_component(part) for part in parts))


def _read(path: Path) -> bytes | None:
    try:
        return read_plain(path, MAX_BYTES)
    except OSError:
        return None


def _write(path: Path, content: bytes) -> None:
    if path.parent.is_dir():
        write_whole(path, content)


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.info("a mark stays: %s", error)
