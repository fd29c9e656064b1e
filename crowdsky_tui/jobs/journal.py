"""The journal of jobs, and in the same file the ledger of stacks and what was said of them."""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable
from typing import TypeVar

import msgspec

from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.engine.journal import JobJournal
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.review import Review

R = TypeVar("R", LedgerEntry, Review)

FORM = (
    """
    CREATE TABLE jobs (
      id INTEGER PRIMARY KEY,
      kind TEXT NOT NULL,
      goal TEXT NOT NULL,
      subject TEXT NOT NULL,
      state TEXT NOT NULL,
      body TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX one_unfinished_job ON jobs (kind, subject)
      WHERE state IN ('queued', 'running', 'waiting');
    CREATE INDEX jobs_by_state ON jobs (state);
    CREATE TABLE ledger (
      stack_id TEXT PRIMARY KEY,
      chunk TEXT NOT NULL,
      sha256 TEXT NOT NULL,
      upload TEXT NOT NULL,
      body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX ledger_by_chunk ON ledger (chunk);
    CREATE INDEX ledger_by_hash ON ledger (sha256);
    """,
    # The block of a job and of a stack, and the server's row, so that what belongs together is
    # found without reading it all. A stack job's subject is its block; every other subject, and a
    # stack's id, has the file's name behind it.
    """
    ALTER TABLE jobs ADD COLUMN block TEXT NOT NULL DEFAULT '';
    UPDATE jobs SET block = CASE kind WHEN 'stack' THEN subject ELSE
      substr(subject, 1, length(rtrim(subject, replace(subject, '/', ''))) - 1) END;
    CREATE INDEX jobs_by_block ON jobs (block, id);
    ALTER TABLE ledger ADD COLUMN block TEXT NOT NULL DEFAULT '';
    UPDATE ledger SET block =
      substr(stack_id, 1, length(rtrim(stack_id, replace(stack_id, '/', ''))) - 1);
    CREATE INDEX ledger_by_block ON ledger (block);
    ALTER TABLE ledger ADD COLUMN row_id INTEGER;
    UPDATE ledger SET row_id = json_extract(body, '$.row_id');
    CREATE INDEX ledger_by_upload ON ledger (upload);
    """,
    # What was measured in a stack and what was said about it.
    """
    CREATE TABLE reviews (stack_id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
    """,
    # What was one word, `again`, is two: to send a file once more, and to send a block's sub-frames
    # although the server has its stack. Jobs of kinds that nobody knew then are not touched.
    """
    UPDATE jobs SET body = json_remove(
        json_set(body, CASE WHEN kind = 'raw' OR kind = 'confirm'
            AND json_extract(body, '$.order.name') = '' THEN '$.order.overwrite'
            ELSE '$.order.resend' END, json('true')), '$.order.again')
      WHERE kind IN ('stack', 'fetch', 'upload', 'confirm', 'raw',
        'purge', 'hold', 'unhold', 'empty')
      AND CASE WHEN json_valid(body) THEN json_extract(body, '$.order.again') ELSE 0 END = 1;
    UPDATE ledger SET body = json_remove(
        json_set(body, CASE json_extract(body, '$.order.name') WHEN '' THEN '$.order.overwrite'
            ELSE '$.order.resend' END, json('true')), '$.order.again')
      WHERE CASE WHEN json_valid(body) THEN json_extract(body, '$.order.again') ELSE 0 END = 1;
    UPDATE reviews SET body = json_remove(body, '$.order.again') WHERE json_valid(body);
    """,
)
"""One script per version of the form; `PRAGMA user_version` counts how many were applied."""


class Journal(JobJournal):
    """Jobs, the ledger and the reviews. All methods raise JournalError if the disk refuses.

    The ledger and the reviews are kept for good.
    """

    FORM = FORM

    async def open(self, holder: str, *, read_only: bool = False) -> None:
        """As the engine's, once every kind of job is known."""
        from crowdsky_tui.jobs.kinds import load_kinds

        load_kinds()
        await super().open(holder, read_only=read_only)

    SETTLED_BLOCKS = (
        "SELECT block FROM ledger WHERE upload = 'confirmed'"
        " UNION SELECT block FROM jobs WHERE block LIKE 'telescope.org/%'"
    )
    """What is proved, and requests elsewhere: before another is sent, the site's list is read."""

    async def ledger(
        self, chunk: str | None = None, *, uploads: Iterable[Delivery] = (), newest: int = -1
    ) -> list[LedgerEntry]:
        """The ledger, or its entries of one chunk, or those whose `upload` is one of `uploads`.

        In the order of writing, at most the `newest` that were written last. Their orders have no
        `files`.
        """
        wanted = [*map(str, uploads)]
        marks = ",".join("?" * len(wanted))
        where = " AND ".join(
            (["chunk = ?"] if chunk else []) + ([f"upload IN ({marks})"] if wanted else [])
        )
        values = [*([chunk] if chunk else []), *wanted, newest]
        found = await self.transaction(
            lambda db: [
                msgspec.json.decode(body, type=LedgerEntry)
                for (body,) in db.execute(
                    f"SELECT body FROM ledger {'WHERE' if where else ''} {where}"
                    " ORDER BY rowid DESC LIMIT ?",
                    values,
                )
            ]
        )
        return found[::-1]

    async def unlisted(self, listed: Collection[int | None]) -> list[LedgerEntry]:
        """The confirmed entries whose row at the server is not among these, or is another's too."""

        def unlisted(db: sqlite3.Connection) -> list[LedgerEntry]:
            rows = db.execute(
                "SELECT stack_id, row_id FROM ledger"
                " WHERE upload = 'confirmed' AND row_id IS NOT NULL"
            )
            every = rows.fetchall()
            shared = Counter(row_id for _, row_id in every)
            gone = [
                stack_id for stack_id, row_id in every if row_id not in listed or shared[row_id] > 1
            ]
            find = "SELECT body FROM ledger WHERE stack_id = ?"
            bodies = [db.execute(find, (stack_id,)).fetchone()[0] for stack_id in gone]
            return [msgspec.json.decode(body, type=LedgerEntry) for body in bodies]

        return await self.transaction(unlisted)

    async def entry(self, order: Order) -> LedgerEntry:
        """The ledger's entry of a stack; a fresh one if there is none."""

        def entry(db: sqlite3.Connection) -> LedgerEntry:
            found = db.execute(
                "SELECT body FROM ledger WHERE stack_id = ?", (order.stack_id,)
            ).fetchone()
            return msgspec.json.decode(found[0], type=LedgerEntry) if found else LedgerEntry(order)

        return await self.transaction(entry)

    async def save_entry(self, entry: LedgerEntry) -> LedgerEntry:
        """Write an entry of the ledger; on the disk when this returns."""

        def save(db: sqlite3.Connection) -> LedgerEntry:
            db.execute(
                "INSERT OR REPLACE INTO ledger"
                " (stack_id, block, chunk, sha256, upload, row_id, body)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    entry.order.stack_id,
                    entry.order.block_id,
                    entry.order.chunk,
                    entry.sha256,
                    str(entry.upload),
                    entry.row_id,
                    msgspec.json.encode(_slim(entry)).decode(),
                ),
            )
            return entry

        return await self.transaction(save)

    async def reviews(self) -> list[Review]:
        """All that was measured and said of stacks. Their orders have no `files`."""
        return await self.transaction(
            lambda db: [
                msgspec.json.decode(body, type=Review)
                for (body,) in db.execute("SELECT body FROM reviews")
            ]
        )

    async def save_review(self, review: Review) -> Review:
        """Write what is known of one stack; on the disk when this returns."""
        body = msgspec.json.encode(_slim(review)).decode()

        def save(db: sqlite3.Connection) -> Review:
            db.execute(
                "INSERT OR REPLACE INTO reviews (stack_id, body) VALUES (?, ?)",
                (review.order.stack_id, body),
            )
            return review

        return await self.transaction(save)


def _slim(record: R) -> R:
    return msgspec.structs.replace(record, order=record.order.when_over())
