"""A change on a telescope's share is never carried out after its job is called cancelled."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from crowdsky_tui.instruments.seestar.files.mounted_folder import FolderShare
from crowdsky_tui.instruments.seestar.files.smb import SmbShare

CHANGES: dict[str, Callable[[Any], Coroutine[Any, Any, None]]] = {
    "rename": lambda share: share.rename("MyWorks/M 81/a.fit", "MyWorks/M 81/b.fit"),
    "delete": lambda share: share.delete("MyWorks/M 81/a.fit"),
    "make_folder": lambda share: share.make_folder("MyWorks/M 81/new"),
}


async def cancelled(change: Coroutine[Any, Any, None], times: int) -> None:
    """Begin a change and cancel it `times` times; returns when it says that it has ended."""
    task = asyncio.create_task(change)
    for _ in range(times):
        await asyncio.sleep(0.03)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("change", CHANGES)
async def test_a_cancelled_change_of_a_folder_is_never_carried_out_later(
    tmp_path: Path, change: str, times: int
) -> None:
    folder = tmp_path / "MyWorks" / "M 81"
    folder.mkdir(parents=True)
    (folder / "a.fit").write_text("x")
    share = FolderShare(tmp_path)
    real = getattr(share, f"_{change}")

    def slow(*paths: str) -> None:
        time.sleep(0.2)
        real(*paths)

    setattr(share, f"_{change}", slow)
    await cancelled(CHANGES[change](share), times)
    at_end = sorted(path.name for path in folder.iterdir())
    await asyncio.sleep(0.3)
    assert sorted(path.name for path in folder.iterdir()) == at_end


class SlowSmb:
    """What pysmb's connection does, each call as slow as a bad link; `calls` names those done."""

    close: Callable[[], None]

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.go_on = threading.Event()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*_rest: Any) -> list[object]:
            self.go_on.wait(0.2)
            self.calls.append(name)
            return []

        return call


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("change", CHANGES)
async def test_a_cancelled_change_over_smb_is_never_carried_out_later(
    change: str, times: int
) -> None:
    share, smb = SmbShare("127.0.0.1"), SlowSmb()
    share._connection = smb
    await cancelled(CHANGES[change](share), times)
    at_end = list(smb.calls)
    await asyncio.sleep(0.3)
    assert smb.calls == at_end and len(at_end) <= 1
    smb.close = lambda: None
    await share.close()


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_that_waits_behind_a_read_is_dropped_at_once(change: str) -> None:
    share, smb = SmbShare("127.0.0.1"), SlowSmb()
    share._connection = smb
    reading = asyncio.create_task(share.folders())
    await asyncio.sleep(0.02)
    await cancelled(CHANGES[change](share), 1)
    assert smb.calls == []  # the read is still at work
    await reading
    await asyncio.sleep(0.05)
    assert smb.calls == ["listPath"]
    smb.close = lambda: None
    await share.close()


@pytest.mark.parametrize(("looks", "well"), [(3, True), (10**6, False)])
def test_a_file_that_is_open_elsewhere_is_asked_for_again_for_a_moment_only(
    monkeypatch: pytest.MonkeyPatch, looks: int, well: bool
) -> None:
    from smb.smb_structs import OperationFailure

    from crowdsky_tui.instruments.seestar.files import smb_connection

    monkeypatch.setattr(smb_connection, "OPEN_ELSEWHERE_S", 0.2)
    monkeypatch.setattr(smb_connection, "LOOK_AGAIN_S", 0.001)
    monkeypatch.setattr(smb_connection, "status_of", lambda _error: 0xC0000043)
    asked = 0

    def work() -> str:
        nonlocal asked
        asked += 1
        if asked < looks:
            raise OperationFailure("open elsewhere", [])
        return "read"

    if well:
        assert smb_connection.when_free(work) == "read"
        return
    with pytest.raises(OperationFailure):
        smb_connection.when_free(work)
    assert asked > 3
