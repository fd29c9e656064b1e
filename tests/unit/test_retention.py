"""What is removed to keep room on this machine: only what is proved, oldest first, no more."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from test_automatic import order

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.night.automatic import retention
from crowdsky_tui.night.automatic.retention import keep_room
from crowdsky_tui.store.store import ServerState

SIZE, FREE = 1000, 2_000_000_000
PACKED = b"packed "


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Disk:
    """As much of a night as `keep_room` needs, with four stacks of 1,000 bytes."""

    def __init__(self, folder: Path, lacking: int) -> None:
        self.settings = SimpleNamespace(
            downloads=folder, storage=SimpleNamespace(keep_free_gb=(FREE + lacking) / 1e9)
        )
        self.listing = SimpleNamespace(state=ServerState.OK)
        self.journal = self.views = self.queue = self.science = self
        self.busy: list[Any] = []
        self.unlisted: set[str] = set()
        self.entries = []
        for number in range(4):
            path = folder / f"{number}.fit"
            path.write_bytes(bytes(SIZE))
            sent = msgspec.structs.replace(order(number), local_path=str(path))  # as a fetch does
            self.entries.append(
                LedgerEntry(sent, str(path), SIZE, sha256_of(path), Delivery.CONFIRMED)
            )

    async def ledger(self, *, uploads: Iterable[Delivery]) -> list[LedgerEntry]:
        return [entry for entry in self.entries if entry.upload in uploads]

    def rows_of(self, orders: list[Any]) -> dict[str, object]:
        return {one.stack_id: 1 for one in orders if one.stack_id not in self.unlisted}

    def unfinished(self) -> list[Any]:
        return self.busy

    async def inspect(self, path: Path) -> Any:
        if not path.exists():
            raise FileDamaged(f"{path.name} cannot be read")
        return SimpleNamespace(sha256=sha256_of(path))

    async def unpack(self, path: Path) -> str:
        content = path.read_bytes().removeprefix(PACKED)
        return hashlib.sha256(content).hexdigest()

    def pack(self, number: int, content: bytes) -> None:
        """Leave only a compressed copy of a stack, which gives back `content`."""
        path = self.settings.downloads / f"{number}.fit"
        path.unlink()
        path.with_name(path.name + ".fz").write_bytes(PACKED + content)

    async def removed(self) -> list[str]:
        there = {path.name for path in self.settings.downloads.iterdir()}
        named = [path.name for path in await keep_room(self)]  # type: ignore[arg-type]
        left = {path.name for path in self.settings.downloads.iterdir()}
        assert there - left == set(named)
        return named


@pytest.fixture(autouse=True)
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "free_bytes", lambda _folder: FREE)


@pytest.mark.parametrize(
    ("lacking", "names"),
    [
        (-1, []),
        (0, []),
        (1, ["0.fit"]),
        (SIZE, ["0.fit"]),
        (SIZE * 3 // 2, ["0.fit", "1.fit"]),
        (99 * SIZE, ["0.fit", "1.fit", "2.fit", "3.fit"]),
    ],
)
async def test_only_as_much_as_is_lacking_is_removed_and_the_oldest_first(
    tmp_path: Path, lacking: int, names: list[str]
) -> None:
    assert await Disk(tmp_path, lacking).removed() == names


@pytest.mark.parametrize("state", [one for one in ServerState if one is not ServerState.OK])
async def test_without_the_servers_list_nothing_is_removed(
    tmp_path: Path, state: ServerState
) -> None:
    disk = Disk(tmp_path, 99 * SIZE)
    disk.listing.state = state
    assert await disk.removed() == []


async def test_where_nobody_can_tell_how_much_is_free_nothing_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "free_bytes", lambda _folder: None)
    assert await Disk(tmp_path, 99 * SIZE).removed() == []


async def test_what_is_not_listed_not_proved_or_at_work_is_never_removed(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 99 * SIZE)
    disk.unlisted = {disk.entries[0].order.stack_id}
    disk.busy = [SimpleNamespace(payload=disk.entries[1].order)]
    disk.entries[2] = LedgerEntry(order(2), str(tmp_path / "2.fit"), SIZE, "sha", Delivery.SENT)
    assert await disk.removed() == ["3.fit"]


async def test_a_file_of_the_users_own_is_never_removed(tmp_path: Path) -> None:
    disk = Disk(tmp_path, SIZE)
    entry = disk.entries[0]
    own = msgspec.structs.replace(entry.order, scope="")
    disk.entries[0] = msgspec.structs.replace(entry, order=own)
    assert own.is_own_file and await disk.removed() == ["1.fit"]


@pytest.mark.parametrize("content", [bytes(SIZE + 1), bytes(SIZE - 1) + b"1"])
async def test_a_file_that_is_not_the_one_that_was_proved_is_never_removed(
    tmp_path: Path, content: bytes
) -> None:
    disk = Disk(tmp_path, 2 * SIZE)
    (tmp_path / "0.fit").write_bytes(content)
    (tmp_path / "1.fit").unlink()
    assert await disk.removed() == ["2.fit", "3.fit"]


async def test_only_a_compressed_copy_that_gives_back_what_was_proved_is_removed(
    tmp_path: Path,
) -> None:
    disk = Disk(tmp_path, 99 * SIZE)
    disk.pack(0, bytes(SIZE - 1))
    disk.pack(1, bytes(SIZE))
    assert await disk.removed() == ["1.fit.fz", "2.fit", "3.fit"]


async def test_what_a_job_is_about_by_the_time_it_was_read_is_never_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(tmp_path, SIZE)
    read = disk.inspect

    async def meanwhile(path: Path) -> Any:
        disk.busy = [SimpleNamespace(payload=disk.entries[0].order)]
        return await read(path)

    monkeypatch.setattr(disk, "inspect", meanwhile)
    assert await disk.removed() == ["1.fit"]


async def test_what_cannot_be_removed_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = Path.unlink

    def refused(path: Path, *, missing_ok: bool = False) -> None:
        if path.name == "0.fit":
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refused)
    assert await Disk(tmp_path, SIZE).removed() == ["1.fit"]


async def test_what_has_no_file_here_or_was_never_read_is_never_removed(tmp_path: Path) -> None:
    disk = Disk(tmp_path, SIZE)
    disk.entries[0] = LedgerEntry(order(0), "", SIZE, "sha", Delivery.CONFIRMED)
    disk.entries[1] = LedgerEntry(order(1), str(tmp_path / "1.fit"), SIZE, "", Delivery.CONFIRMED)
    assert await disk.removed() == ["2.fit"]


async def test_with_room_enough_nothing_is_even_read(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 0)
    disk.entries = None  # type: ignore[assignment]
    assert await disk.removed() == []
