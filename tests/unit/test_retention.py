"""What is removed to keep room on this machine: only what is proved, oldest first, no more."""

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from test_automatic import order

from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.night.automatic import retention
from crowdsky_tui.night.automatic.retention import keep_room
from crowdsky_tui.store.store import ServerState

SIZE, FREE = 1000, 2_000_000_000


class Disk:
    """As much of a night as `keep_room` needs, with four stacks of 1,000 bytes."""

    def __init__(self, folder: Path, lacking: int) -> None:
        self.settings = SimpleNamespace(
            downloads=folder, storage=SimpleNamespace(keep_free_gb=(FREE + lacking) / 1e9)
        )
        self.listing = SimpleNamespace(state=ServerState.OK)
        self.journal = self.views = self.queue = self
        self.busy: list[Any] = []
        self.unlisted: set[str] = set()
        self.entries = []
        for number in range(4):
            path = folder / f"{number}.fit"
            path.write_bytes(bytes(SIZE))
            self.entries.append(
                LedgerEntry(order(number), str(path), SIZE, "sha", Delivery.CONFIRMED)
            )

    async def ledger(self, *, uploads: Iterable[Delivery]) -> list[LedgerEntry]:
        return [entry for entry in self.entries if entry.upload in uploads]

    def rows_of(self, orders: list[Any]) -> dict[str, object]:
        return {one.stack_id: 1 for one in orders if one.stack_id not in self.unlisted}

    def unfinished(self) -> list[Any]:
        return self.busy

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


async def test_a_file_that_is_not_the_one_that_was_proved_is_never_removed(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 2 * SIZE)
    (tmp_path / "0.fit").write_bytes(bytes(SIZE + 1))
    (tmp_path / "1.fit").unlink()
    assert await disk.removed() == ["2.fit", "3.fit"]
