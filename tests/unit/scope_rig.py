"""A telescope's folders, a journal and one job on them, by hand."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from test_automatic import order

from crowdsky_tui.base.errors import (
    FileDamaged,
    NotFoundOnScope,
)
from crowdsky_tui.blocks import companions
from crowdsky_tui.instruments.seestar.control.state import Observing
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Job, Order
from crowdsky_tui.store.store import JobState

NOW = datetime(2026, 2, 28, 0, 12, tzinfo=UTC)
ONE = order(1)
NAME = ONE.name
EVERY = [*companions(NAME), NAME]
HOME, HELD = "MyWorks/M 81", "CrowdSky_held/M 81"


class Rig:
    """A telescope's folders (`there`: contents by path), a journal and a job on them."""

    def __init__(self, one: Order = ONE, kind: str = "fetch", goal: str = "confirm") -> None:
        self.there: dict[str, bytes] = {}
        self.done: list[str] = []
        self.kept: dict[str, LedgerEntry] = {}
        self.busy: Observing = Observing(observing=False, text="idle")
        self.job: Any = Job(1, kind, goal, one, JobState.RUNNING, NOW - timedelta(minutes=12))
        self.files = self.journal = self.science = self.clock = self
        self.broken: dict[str, Exception] = {}
        self.lanes: list[str] = []
        self.listed = True
        self.spoils = b""

    # scopes and service
    async def ready(self, _order: Any, lane: str = "") -> "Rig":
        self.lanes.append(lane)
        return self

    async def ready_to_change(self, _order: Any, lane: str) -> "Rig":
        self.lanes.append(f"change {lane}")
        return self

    async def observing(self) -> Observing:
        return self.busy

    def now(self) -> datetime:
        return NOW

    # files
    async def list(self, folder: str) -> list[Any]:
        found = [path.rpartition("/") for path in self.there]
        names = [name for home, _, name in found if home == folder]
        if not names:
            raise NotFoundOnScope(f"there is no {folder}")
        return [SimpleNamespace(name=name) for name in names]

    async def make_folder(self, folder: str) -> None:
        self.done.append(f"make {folder}")

    async def rename(self, old: str, new: str) -> None:
        self.done.append(f"move {old.rpartition('/')[2]}")
        if old not in self.broken:
            self.there[new] = self.there.pop(old)

    async def delete(self, path: str) -> None:
        self.done.append(f"delete {path}")
        del self.there[path]

    async def size(self, path: str) -> int:
        return len(self.there[path])

    async def sha256(self, path: str) -> str:
        self.done.append("read again")
        return hashlib.sha256(self.there[path]).hexdigest()

    async def download(self, remote: str, path: Path, progress: Any = None) -> None:
        self.done.append(f"download {path.name}")
        if remote in self.broken:
            raise self.broken[remote]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.spoils or self.there[remote])
        if progress is not None:
            progress(1, 0)

    # science
    async def inspect(self, path: Path) -> Any:
        if not path.exists():
            raise FileDamaged("it is not there")
        content = path.read_bytes()
        if content == b"damaged":
            raise FileDamaged("it is cut off")
        header = SimpleNamespace(pixel=6478, object_name="M 81 as the header says")
        sha = hashlib.sha256(content).hexdigest()
        return SimpleNamespace(size=len(content), sha256=sha, header=header)

    # journal and context
    async def entry(self, one: Order) -> LedgerEntry:
        return self.kept.get(one.stack_id) or LedgerEntry(one)

    async def save_entry(self, entry: LedgerEntry) -> LedgerEntry:
        self.done.append("saved")
        self.kept[entry.order.stack_id] = entry
        return entry

    async def ledger(self, _chunk: str) -> Sequence[LedgerEntry]:
        return []

    async def note(self, step: str, facts: Any = None) -> None:
        self.done.append(f"note {step}")

    def progress(self, part: float, text: str = "") -> None:
        self.part = part

    # the server's list
    async def fresh(self, age: float = 0.0) -> str:
        self.done.append(f"list {age:g}")
        return "rows"

    def row_of(self, *_what: Any) -> Any:
        return object() if self.listed else None

    async def run(self, work: Any) -> Any:
        return await work.run(self.job, self)


def at_hand(rig: Rig) -> Any:
    return rig
