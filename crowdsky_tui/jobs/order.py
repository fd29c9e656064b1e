"""What a job is about: one stack on its way from sub-frames to the server's list."""

import sys
from datetime import datetime, tzinfo
from functools import cache
from typing import Any

import msgspec

from crowdsky_tui.blocks import BlockKey, TargetKey, as_fit, parse_crowdsky_name
from crowdsky_tui.store.store import JobState

KINDS = ("stack", "fetch", "upload", "confirm")
"""The steps of one stack's way, in order; a job's `goal` is the last one asked for."""
FOLLOWS = {"stack": "fetch", "fetch": "upload", "upload": "confirm", "raw": "confirm"}
"""`raw` sends a block's sub-frames, which the server stacks itself."""


class ToldOfStack(msgspec.Struct, frozen=True, gc=False):
    """What the user tells the server of a stack; else it is found out from names and header.

    `thumbnail` is a path on this machine, the times are ISO 8601 (UTC unless they say otherwise).
    """

    thumbnail: str = ""
    n_frames_input: int | None = None
    n_frames_aligned: int | None = None
    date_obs_start: str = ""
    date_obs_end: str = ""


class Order(msgspec.Struct, frozen=True, gc=False):
    """One block or its stack. `name` is the stack's file name, empty before there is one.

    `start` and `end` are aware, on the scope's clock; `folder` and `sub_folder` are names below
    MyWorks. `serial` is empty and `local_path` set for a file that lies on this machine only.
    `again` is the user's word to send what may have been sent before, `insist` to stack although
    the scope observes, `restack` although there is a stack of fewer sub-frames. `key` is the chunk
    key by the file's header, where its name does not tell it (legacy names, `HP000000`);
    `object_name` the header's OBJECT, which is what the server calls the target. `told` is what the
    user wants the server to be told of it.
    """

    scope: str
    serial: str
    telescope: str
    target: str
    folder: str
    chunk: str
    exposure: str
    filter: str
    start: datetime
    end: datetime
    sub_folder: str = ""
    files: tuple[str, ...] = ()
    name: str = ""
    local_path: str = ""
    again: bool = False
    insist: bool = False
    key: str = ""
    restack: bool = False
    object_name: str = ""
    told: ToldOfStack | None = None

    @property
    def exposure_s(self) -> float:
        return float(self.exposure.removesuffix("s"))

    @property
    def block_key(self) -> BlockKey:
        """What names its block beside other blocks of this run; `block_id` outlives the run."""
        target = TargetKey(self.scope, self.target)
        return BlockKey(target, self.chunk, self.exposure, self.filter)

    @property
    def block_id(self) -> str:
        """A block's identity: scope, folder, UTC chunk, exposure and filter."""
        owner = self.serial or self.telescope or self.local_path
        return "/".join((owner, self.folder, self.chunk, self.exposure, self.filter))

    @property
    def stack_id(self) -> str:
        """A finished stack's identity: its block's, and its file name."""
        return f"{self.block_id}/{self.name}"

    def subject(self, kind: str) -> str:
        """What makes a job of this kind unique among the unfinished."""
        return self.block_id if kind == "stack" else self.stack_id


def with_words_of(order: Order, later: Order) -> Order:
    """`order` with what the user has said of it in `later` besides; nothing is taken back."""
    return msgspec.structs.replace(
        order,
        again=order.again or later.again,
        insist=order.insist or later.insist,
        restack=order.restack or later.restack,
    )


class Job(msgspec.Struct, frozen=True):
    """One row of the journal. Times are aware UTC; `proved_at` is set only by a second look."""

    id: int
    kind: str
    goal: str
    order: Order
    state: JobState
    asked_at: datetime
    step: str = ""
    reason: str = ""
    attempts: int = 0
    next_try_at: datetime | None = None
    proved_at: datetime | None = None
    facts: dict[str, Any] = {}

    @property
    def unfinished(self) -> bool:
        return self.state in UNFINISHED

    @property
    def label(self) -> str:
        """`M 81 22:15`, on the scope's clock."""
        return f"{self.order.target} {self.order.start:%H:%M}"


UNFINISHED = frozenset({JobState.QUEUED, JobState.RUNNING, JobState.WAITING})

TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED}),
    JobState.RUNNING: frozenset(
        {
            JobState.RUNNING,  # taken up again where its end could not be journalled
            JobState.PROVED,
            JobState.WAITING,
            JobState.FAILED,
            JobState.CANCELLED,
            JobState.QUEUED,
        }
    ),
    JobState.WAITING: frozenset({JobState.RUNNING, JobState.CANCELLED, JobState.QUEUED}),
    JobState.PROVED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}
"""What may follow what. A failed job stays failed; asking again makes a new one."""


def next_kind(kind: str, goal: str) -> str | None:
    """The step after `kind` on the way to `goal`, None when the way ends here."""
    return None if kind == goal else FOLLOWS.get(kind)


@cache
def _shared(zone: tzinfo | None) -> tzinfo | None:
    """The first of all zones that are equal to this one."""
    return zone


class LedgerEntry(msgspec.Struct, frozen=True, gc=False):
    """What is known of one stack's file and its upload; one row of the ledger.

    `upload` is "" (nothing sent), "sending" (some bytes sent, the last one held back), "doubt"
    (the last byte may have gone, no answer), "sent" (accepted, queued) or "confirmed" (its row is
    in the server's list). `subs` is how many sub-frames the block had when it was stacked, None
    where others stacked it. `sha256` is of the local file. `sent_at` is when the last byte was let
    go (`sent_steady` by the steady clock of `sent_boot`), by the job `sent_by`; `frames_told` is
    the number of sub-frames that were told with it;
    `accepted_at` is when the answer had come that gave it `server_job`, its number at the server.
    `old_rows` are the numbers of rows that were listed before, `job_before` is the highest number
    of a job that was known then. `session` is the raw session whose end is in doubt, `session_at`
    when that was begun. `same_as` is the stack id of the one that was sent with the same bytes.
    `again_by_word` is the user's word to send it once more, whatever a mark of ours says.
    """

    order: Order
    local_path: str = ""
    size: int = 0
    sha256: str = ""
    upload: str = ""
    server_key: str = ""
    server_job: int | None = None
    sent_at: datetime | None = None
    sent_boot: str = ""
    sent_steady: float = 0.0
    accepted_at: datetime | None = None
    row_id: int | None = None
    confirmed_at: datetime | None = None
    subs: int | None = None
    frames_told: int | None = None
    sent_by: int | None = None
    old_rows: tuple[int, ...] = ()
    job_before: int | None = None
    session: str = ""
    session_at: datetime | None = None
    same_as: str = ""
    again_by_word: bool = False

    def sent_in(self, job: Job) -> bool:
        """Whether this job has let its last byte go already."""
        if self.sent_by is not None:
            return self.sent_by == job.id and self.sent_at is not None
        return self.sent_at is not None and self.sent_at >= job.asked_at

    def never_sent(self) -> "LedgerEntry":
        """The entry of a file that has not been handed over; the row that it had is an old one."""
        old = self.old_rows if self.row_id is None else (*self.old_rows, self.row_id)
        return msgspec.structs.replace(
            self,
            upload="",
            server_key="",
            server_job=None,
            sent_at=None,
            sent_boot="",
            sent_steady=0.0,
            sent_by=None,
            accepted_at=None,
            row_id=None,
            confirmed_at=None,
            frames_told=None,
            old_rows=tuple(dict.fromkeys(old)),
            job_before=None,
            session="",
            session_at=None,
            same_as="",
            again_by_word=False,
        )

    def slim(self) -> "LedgerEntry":
        """The entry for keeping thousands in memory: it shares its words with the others.

        Its moments, hash and size are left out, and the keys that its name tells too; of its path
        remains whether there is one.
        """
        order = self.order
        name = parse_crowdsky_name(as_fit(order.name))
        told = name.chunk_key if name else None
        shared = ("scope", "serial", "telescope", "target", "folder", "chunk", "exposure", "filter")
        words = {name: sys.intern(getattr(order, name)) for name in shared}
        owner = "" if order.serial or order.telescope else order.local_path
        return msgspec.structs.replace(
            self,
            order=msgspec.structs.replace(
                order,
                **words,
                start=order.start.replace(tzinfo=_shared(order.start.tzinfo)),
                end=order.end.replace(tzinfo=_shared(order.end.tzinfo)),
                sub_folder="",
                files=(),
                local_path=owner,
                key="" if order.key == told else order.key,
                object_name=sys.intern(order.object_name),
            ),
            local_path="/" if self.local_path else "",
            server_key="" if self.server_key == (order.key or told) else self.server_key,
            size=0,
            sha256="",
            upload=sys.intern(self.upload),
            server_job=None,
            sent_at=None,
            sent_boot="",
            sent_steady=0.0,
            accepted_at=None,
            confirmed_at=None,
            session_at=None,
        )


def same_file_text(other: LedgerEntry) -> str:
    """That a stack is the very file of another one, in words."""
    return f"the same file as the stack of {other.order.target} {other.order.start:%H:%M}"
