"""A soak: many nights of one `Night` object, with what it costs and what has come of it."""

import asyncio
import gc
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from crowdsky_tui.config.load import read_settings
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.night.night import Night
from crowdsky_tui.night.settle import settle, unsettled

SPEED = 600.0
NIGHT_LIMIT_S = 600.0
ASK_EVERY_S = 2.0
MB = 1_000_000
SAMPLES, SAMPLE_EVERY_S = 10, 0.1


class Soak(msgspec.Struct, frozen=True):
    """What is asked for: so many nights of so many blocks on so many telescopes."""

    nights: int = 30
    scopes: int = 4
    blocks: int = 32
    faults: float = 0.02
    seed: int = 1

    @property
    def expected(self) -> int:
        return self.nights * self.scopes * self.blocks


class Figures(msgspec.Struct):
    """What came of it. Memory is this process's, resident, after a collection; bytes."""

    expected: int
    confirmed: int = 0
    rows: int = 0
    distinct: int = 0
    accepted: int = 0
    starts: int = 0
    working_names: int = 0
    parts: int = 0
    unfinished: int = 0
    crashes: list[str] = []
    memory: list[int] = []
    journal_bytes: int = 0
    seconds: float = 0.0

    @property
    def growth(self) -> int:
        """Bytes that were added after the first night."""
        return self.memory[-1] - self.memory[0] if self.memory else 0

    def problems(self) -> list[str]:
        """What must not be; empty if all is well."""
        same = {
            "confirmed": self.confirmed,
            "listed by the server": self.rows,
            "different from each other": self.distinct,
            "accepted by the server": self.accepted,
        }
        found = [f"{n} of {self.expected} {what}" for what, n in same.items() if n != self.expected]
        none = {
            "results with their working name": self.working_names,
            ".part files": self.parts,
            "unfinished jobs": self.unfinished,
            "crashes of the stand-in": len(self.crashes),
        }
        return found + [f"{n} {what}" for what, n in none.items() if n]

    def lines(self) -> list[str]:
        return [
            f"{self.confirmed:,} of {self.expected:,} stacks confirmed,"
            f" {self.accepted - self.expected:+d} uploads, {self.starts:,} stackings begun",
            f"memory {self.memory[0] / MB:.1f} MB after the first night,"
            f" {self.growth / MB:+.1f} MB since",
            f"journal {self.journal_bytes / MB:.1f} MB",
            f"{self.seconds:.0f} s",
        ]


class Sky:
    """The child process with the stand-ins."""

    async def start(self, root: Path, soak: Soak) -> Path:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("sky.py")),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        options = msgspec.structs.asdict(soak)
        answer = await self.ask("start", root=str(root), speed=SPEED, **options)
        return Path(answer["config"])

    async def ask(self, what: str, **more: Any) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": what, **more}).encode() + b"\n")
        line = await self._process.stdout.readline()
        assert line, "the stand-ins have died"
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def stop(self) -> None:
        await self._process.communicate(b"")


async def run_soak(
    soak: Soak, root: Path, tell: Callable[[str], None] = lambda text: None
) -> Figures:
    """Run it in an empty folder."""
    began = time.monotonic()
    figures = Figures(soak.expected)
    sky = Sky()
    settings = read_settings(await sky.start(root, soak)).settings
    journal = settings.state_dir / "journal.sqlite3"
    try:
        async with Night(settings, holder="soak") as night:
            await night.start()
            for number in range(soak.nights):
                expected = (await sky.ask("night", number=number))["expected"]
                site = sky if number == soak.nights - 1 else None
                await _one_night(night, journal, expected, site)
                figures.memory.append(await _resident())
                tell(
                    f"night {number + 1}: {_count(journal, 'confirmed')} of {expected} confirmed,"
                    f" {figures.memory[-1] / MB:.1f} MB, {time.monotonic() - began:.0f} s"
                )
            figures.confirmed = _count(journal, "confirmed")
            figures.unfinished = len(night.queue.unfinished())
            figures.parts = sum(1 for _ in settings.downloads.rglob("*.part"))
        files = (journal, journal.with_name(f"{journal.name}-wal"))
        figures.journal_bytes = sum(path.stat().st_size for path in files if path.exists())
        for name, value in (await sky.ask("totals")).items():
            setattr(figures, name, value)
    finally:
        await sky.stop()
    figures.seconds = time.monotonic() - began
    return figures


async def _one_night(night: Night, journal: Path, expected: int, site: Sky | None) -> None:
    """Ask for everything, again and again as the automatic night does, until all is confirmed.

    What is handed over and never answered for may be left to the next night. On the last there is
    no later upload that tells: the user looks at the server's `site` and decides.
    """
    end = time.monotonic() + NIGHT_LIMIT_S
    while time.monotonic() < end:
        await night.look()
        await night.sync()
        asked = time.monotonic()
        while night.queue.unfinished() and time.monotonic() < asked + ASK_EVERY_S:
            await asyncio.sleep(0.1)
        left = expected - _count(journal, "confirmed")
        if not left and not night.queue.unfinished():
            return
        doubts = _count(journal, "doubt")
        if site is not None:
            await _decide(night, site)
        elif 0 < doubts == left and len(night.queue.unfinished()) <= doubts:
            return


async def _decide(night: Night, site: Sky) -> None:
    """What a user does about a doubt that the app has given up: look at the site and say."""
    long_ago = night.clock.now() - timedelta(hours=night.settings.confirm.deadline_h)
    doubts = [
        entry.order
        for entry in await unsettled(night)
        if entry.upload == Delivery.DOUBT and entry.sent_at and entry.sent_at < long_ago
    ]
    accepted = (await site.ask("site"))["accepted"] if doubts else []
    for order in doubts:
        arrived = [order.telescope, order.name] in accepted
        await settle(night, {order.stack_id}, resend=not arrived)


def _count(journal: Path, upload: str) -> int:
    """How many entries of the ledger say so; read beside the program, without its memory."""
    with closing(sqlite3.connect(journal)) as db:
        found: int = db.execute(
            "SELECT count(*) FROM ledger WHERE upload = ?", (upload,)
        ).fetchone()[0]
    return found


async def _resident() -> int:
    """Bytes of memory that this process holds between two of its looks at the server's list.

    By the soak's fast clock it looks twice a second, and holds the answer meanwhile.
    """
    gc.collect()
    least = _resident_now()
    for _ in range(SAMPLES):
        await asyncio.sleep(SAMPLE_EVERY_S)
        least = min(least, _resident_now())
    return least


def _resident_now() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
