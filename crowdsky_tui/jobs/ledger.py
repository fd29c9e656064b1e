"""The ledger: what is known of each stack's file and its upload."""

import sys
from collections.abc import Iterable
from datetime import datetime, tzinfo
from functools import cache

import msgspec

from crowdsky_tui.blocks import as_fit, parse_crowdsky_name
from crowdsky_tui.blocks.subframe_times import SubframeTimes
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.order import Job, Order


@cache
def _shared(zone: tzinfo | None) -> tzinfo | None:
    """The first of all zones that are equal to this one."""
    return zone


class LedgerEntry(msgspec.Struct, frozen=True, gc=False):
    """What is known of one stack's file and its upload; one row of the ledger.

    `subs` is how many sub-frames the block had when it was stacked, None
    where others stacked it. `sha256` is of the local file. `sent_at` is when the last byte was let
    go (`sent_steady` by the steady clock of `sent_boot`), by the job `sent_by`; `frames_told` is
    the number of sub-frames that were told with it;
    `accepted_at` is when the answer had come that gave it `server_job`, its number at the server.
    `old_rows` are the numbers of rows that were listed before, `job_before` is the highest number
    of a job that was known then. `session` is the raw session whose end is in doubt, `session_at`
    when that was begun. `same_as` is the stack id of the one that was sent with the same bytes.
    `again_by_word` is the user's word to send it once more, whatever a mark of ours says. `taken`
    is when the block's sub-frames were, where this program had them stacked.
    """

    order: Order
    local_path: str = ""
    size: int = 0
    sha256: str = ""
    upload: Delivery = Delivery.NOTHING_SENT
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
    taken: SubframeTimes | None = None

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
            upload=Delivery.NOTHING_SENT,
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
            server_job=None,
            sent_at=None,
            sent_boot="",
            sent_steady=0.0,
            accepted_at=None,
            confirmed_at=None,
            session_at=None,
            taken=None,
        )


def taken_by_sha256(entries: Iterable[LedgerEntry]) -> dict[str, SubframeTimes]:
    """When the sub-frames of stacks were, by the SHA-256 of the stacks' local files."""
    return {each.sha256: each.taken for each in entries if each.sha256 and each.taken is not None}


def same_file_text(other: LedgerEntry) -> str:
    """That a stack is the very file of another one, in words."""
    return f"the same file as the stack of {other.order.target} {other.order.start:%H:%M}"
