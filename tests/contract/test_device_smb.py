"""The share over SMB, against a real Samba set up as the telescope's is."""

import asyncio
import contextlib
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from device_kit import joined, shots, stack_every_block, unstacked
from seestar_kit import running, take
from smb.smb_structs import OperationFailure

from bench.samba import HOST, Samba
from bench.system import tool
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import (
    DeviceError,
    FileInTheWay,
    NotFoundOnScope,
    ScopeUnreachable,
    UsageError,
)
from crowdsky_tui.blocks import parse_crowdsky_name
from crowdsky_tui.instruments.seestar.files.access import ScopeFileAccess
from crowdsky_tui.instruments.seestar.files.http import HttpReader
from crowdsky_tui.instruments.seestar.files.marks import (
    FOLDER,
    STACKING_STALE,
    Copy,
    Mark,
    ScopeMarks,
    mark_by,
)
from crowdsky_tui.instruments.seestar.files.smb import SmbShare

FRAME = "Light_M 81_20.0s_LP_20260227-225203.fit"
pytestmark = pytest.mark.skipif(
    tool("smbd") is None, reason="smbd is missing: apt-get install samba"
)


@pytest.fixture(scope="module")
def samba(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Samba]:
    server = Samba(tmp_path_factory.mktemp("samba"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def works(samba: Samba) -> Path:
    """An empty MyWorks."""
    folder = samba.root / "MyWorks"
    shutil.rmtree(folder)
    folder.mkdir()
    return folder


@pytest.fixture
async def share(samba: Samba) -> AsyncIterator[SmbShare]:
    share = SmbShare(HOST, samba.port)
    yield share
    await share.close()


async def test_lists_names_as_they_are_with_exact_sizes(works: Path, share: SmbShare) -> None:
    folder = works / "Grüner Nebel's_sub"
    folder.mkdir()
    (folder / FRAME).write_bytes(b"x" * 5761)
    (folder / "Größe 'ä'.fit").write_bytes(b"")
    (folder / "inner").mkdir()
    (works / "stray.txt").write_text("not a folder")
    assert await share.folders() == ["Grüner Nebel's_sub"]
    listed = await share.list("MyWorks/Grüner Nebel's_sub")
    assert [(file.name, file.size) for file in listed] == [("Größe 'ä'.fit", 0), (FRAME, 5761)]
    assert listed[1].modified is not None
    assert listed[1].modified.utcoffset() is not None
    assert await share.size(f"MyWorks/Grüner Nebel's_sub/{FRAME}") == 5761


async def test_two_thousand_files_are_all_listed(works: Path, share: SmbShare) -> None:
    folder = works / "M 81_sub"
    folder.mkdir()
    for number in range(2000):
        (folder / f"Light_M 81_20.0s_LP_20260227-{number:06d}.fit").touch()
    assert len(await share.list("MyWorks/M 81_sub")) == 2000


async def test_renames_with_blanks_quotes_and_umlauts(works: Path, share: SmbShare) -> None:
    folder = works / "M 81"
    folder.mkdir()
    (folder / "DSO 1.fit").write_bytes(b"stack")
    await share.rename("MyWorks/M 81/DSO 1.fit", "MyWorks/M 81/Größe 'ä' (2).fit")
    assert [path.name for path in folder.iterdir()] == ["Größe 'ä' (2).fit"]
    assert (folder / "Größe 'ä' (2).fit").read_bytes() == b"stack"


async def test_a_rename_never_overwrites(works: Path, share: SmbShare) -> None:
    (works / "old.fit").write_bytes(b"old")
    (works / "new.fit").write_bytes(b"new")
    with pytest.raises(FileInTheWay):
        await share.rename("MyWorks/old.fit", "MyWorks/new.fit")
    assert (works / "old.fit").read_bytes() == b"old"
    assert (works / "new.fit").read_bytes() == b"new"
    with pytest.raises(NotFoundOnScope):
        await share.rename("MyWorks/none.fit", "MyWorks/other.fit")


async def test_deletes_one_file_and_never_by_pattern(works: Path, share: SmbShare) -> None:
    for name in ("a b.fit", "c.fit"):
        (works / name).touch()
    await share.delete("MyWorks/a b.fit")
    assert [path.name for path in works.iterdir()] == ["c.fit"]
    with pytest.raises(UsageError):
        await share.delete("MyWorks/*.fit")
    await share.delete("MyWorks/a b.fit")
    assert [path.name for path in works.iterdir()] == ["c.fit"]


async def test_reads_a_range_and_downloads_the_whole(
    works: Path, share: SmbShare, tmp_path: Path
) -> None:
    data = bytes(range(256)) * 12_000
    (works / "stack.fit").write_bytes(data)
    assert await share.read_range("MyWorks/stack.fit", 2880, 23_040) == data[2880 : 2880 + 23_040]
    assert await share.read_range("MyWorks/stack.fit", len(data) - 5, 100) == data[-5:]
    dest = tmp_path / "stack.fit"
    (tmp_path / "stack.fit.part").write_bytes(data[:1_000_000])
    seen: list[tuple[int, int]] = []
    size = await ScopeFileAccess(share).download(
        "MyWorks/stack.fit", dest, lambda done, total: seen.append((done, total))
    )
    assert size == len(data)
    assert dest.read_bytes() == data
    assert seen[0][0] > 1_000_000
    assert seen[-1] == (len(data), len(data))


async def test_what_is_missing_or_outside_is_said(works: Path, share: SmbShare) -> None:
    with pytest.raises(NotFoundOnScope):
        await share.list("MyWorks/nowhere")
    with pytest.raises(NotFoundOnScope):
        await share.size("MyWorks/nothing.fit")
    with pytest.raises(UsageError):
        await share.list("MyWorks/../..")


async def test_a_share_that_vanishes_is_unreachable_and_comes_back(tmp_path: Path) -> None:
    samba = Samba(tmp_path)
    samba.start()
    share = SmbShare(HOST, samba.port)
    try:
        assert await share.folders() == []
        await asyncio.to_thread(samba.stop)
        with pytest.raises(ScopeUnreachable) as caught:
            await share.folders()
        assert caught.value.next_step
        await asyncio.to_thread(samba.start)
        (samba.root / "MyWorks" / "M 81").mkdir()
        assert await share.folders() == ["M 81"]
        await asyncio.to_thread(samba.stop)
        await asyncio.to_thread(samba.start)
        assert await share.folders() == ["M 81"], "one broken connection is made anew unseen"
    finally:
        await share.close()
        samba.stop()


async def test_a_block_is_stacked_renamed_and_fetched_over_the_share(
    works: Path, samba: Samba, tmp_path: Path
) -> None:
    take(samba.root, shots(12))
    async with running(samba.root, speed=6000.0) as scope:
        files = ScopeFileAccess(SmbShare(HOST, samba.port), HttpReader(scope.host, scope.http_port))
        async with joined(scope, files) as service:
            (result,) = await stack_every_block(service, "M 81")
            name = result.name
            assert parse_crowdsky_name(name)
            size = await files.download(f"MyWorks/M 81/{name}", tmp_path / name)
            assert size == (works / "M 81" / name).stat().st_size
            assert await unstacked(service, "M 81") == []


async def test_makes_a_folder_beside_myworks_and_moves_into_it(
    works: Path, share: SmbShare
) -> None:
    (works / "M 81").mkdir()
    (works / "M 81" / "stack.fit").write_bytes(b"stack")
    for _ in range(2):  # one that is there already is fine
        await share.make_folder("CrowdSky_held/M 81")
    await share.rename("MyWorks/M 81/stack.fit", "CrowdSky_held/M 81/stack.fit")
    assert (works.parent / "CrowdSky_held/M 81/stack.fit").read_bytes() == b"stack"
    await share.delete("CrowdSky_held/M 81/stack.fit")
    assert [file.name for file in await share.list("CrowdSky_held/M 81")] == []


async def test_only_one_of_many_copies_makes_a_mark(works: Path, samba: Samba) -> None:
    shares = [SmbShare(HOST, samba.port) for _ in range(4)]
    copies = [
        ScopeMarks("s50", ScopeFileAccess(share), Clock(), Copy("alice", "pi", str(number)))
        for number, share in enumerate(shares)
    ]
    try:
        for _ in range(3):
            claims = [copy.claim("x", mark_of(copy), STACKING_STALE) for copy in copies]
            holders = await asyncio.gather(*claims)
            (winner,) = (copy for copy, held in zip(copies, holders, strict=True) if held is None)
            mark = await winner.read("x")
            assert mark is not None and mark.copy == winner.copy.id
            await copies[0].write("x", mark_of(copies[0]))
            assert await copies[1].claim("x", mark_of(copies[1]), timedelta(0)) is None
            await copies[0].drop("x")
            assert await copies[1].read("x") is not None, "another copy's mark was taken away"
            await copies[1].drop("x")
        assert list((samba.root / FOLDER).iterdir()) == []
    finally:
        for share in shares:
            await share.close()


@pytest.mark.parametrize("smb2", [True, False], ids=["SMB2", "SMB1"])
def test_only_the_first_of_many_clients_makes_a_file(
    works: Path, samba: Samba, smb2: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Samba's rename would not do: it looks for the name and renames in two steps."""
    monkeypatch.setattr("smb.smb_structs.SUPPORT_SMB2", smb2)
    clients, rounds = 4, 150
    shares = [SmbShare(HOST, samba.port) for _ in range(clients)]
    together = threading.Barrier(clients)
    made: list[int] = []

    def make(share: SmbShare, number: int) -> None:
        async def one(round_: int) -> None:
            with contextlib.suppress(FileInTheWay):
                await share.create(f"MyWorks/{round_}.json", f"{round_} by {number}".encode())
                made.append(round_)

        async def all_rounds() -> None:
            for round_ in range(rounds):
                together.wait(10)
                await one(round_)
            await share.close()

        asyncio.run(all_rounds())

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(make, shares, range(clients)))
    assert sorted(made) == list(range(rounds))
    assert all((works / f"{round_}.json").stat().st_size > 0 for round_ in range(rounds))


async def test_making_a_file_renames_nothing_and_overwrites_nothing(
    works: Path, share: SmbShare, monkeypatch: pytest.MonkeyPatch
) -> None:
    await share.folders()
    connection = share._connection
    assert connection is not None

    def refuse(*_paths: object) -> None:
        raise OperationFailure("a rename cannot tell who was first", [])

    monkeypatch.setattr(connection, "rename", refuse)
    await share.create("MyWorks/x.json", b"ours")
    with pytest.raises(FileInTheWay):
        await share.create("MyWorks/x.json", b"")
    assert (works / "x.json").read_bytes() == b"ours"


async def test_a_lost_answer_to_making_a_file_does_not_make_it_anothers(
    works: Path, share: SmbShare, monkeypatch: pytest.MonkeyPatch
) -> None:
    await share.folders()
    connection = share._connection
    assert connection is not None
    store = connection.store_new

    def lost(*asked: object) -> None:
        store(*asked)  # type: ignore[arg-type]
        raise ConnectionResetError

    monkeypatch.setattr(connection, "store_new", lost)
    await share.create("CrowdSky_marks/x.json", b"ours")
    assert await share.read_range("CrowdSky_marks/x.json", 0, 10) == b"ours"
    with pytest.raises(FileInTheWay):
        await share.create("CrowdSky_marks/x.json", b"another's")
    assert await share.read_range("CrowdSky_marks/x.json", 0, 10) == b"ours"
    await share.delete("CrowdSky_marks/x.json")


async def test_a_file_that_cannot_be_written_leaves_none_that_is_empty(
    works: Path, share: SmbShare, monkeypatch: pytest.MonkeyPatch
) -> None:
    await share.folders()
    connection = share._connection
    assert connection is not None
    store = connection.store_new

    def full(share_name: str, path: str, _content: bytes) -> None:
        store(share_name, path, b"")
        raise OperationFailure("the disk is full", [])

    monkeypatch.setattr(connection, "store_new", full)
    with pytest.raises(DeviceError):
        await share.create("MyWorks/x.json", b"ours")
    assert list(works.iterdir()) == []


async def test_a_mark_that_nobody_wrote_to_its_end_is_taken_over_soon(
    works: Path, share: SmbShare
) -> None:
    clock = SetClock()
    marks = ScopeMarks("s50", ScopeFileAccess(share), clock, Copy("alice", "pi", "1"))
    (samba_folder := works.parent / FOLDER).mkdir(exist_ok=True)
    (samba_folder / "x.json").touch()
    for passed, held in [(0.0, True), (29.0, True), (2.0, False)]:
        clock.passed_s += passed
        found = await marks.claim("x", mark_of(marks), timedelta(days=1))
        assert (found is not None) is held
    await marks.drop("x")


class SetClock(Clock):
    passed_s = 0.0

    def steady(self) -> float:
        return self.passed_s


def mark_of(marks: ScopeMarks) -> Mark:
    return mark_by(marks.copy, "sending", datetime.now(UTC), "a stack")
