"""Stacks on this machine are compressed only where proved, and one whole file is always there."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from crowdsky_kit import stack_bytes

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode, NetworkDown, UsageError
from crowdsky_tui.cli.parser import parse
from crowdsky_tui.cli.verbs.archive import archive
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import ServerSettings, StorageSettings
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.engine.model import AnyJob
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.server_list import ServerList
from crowdsky_tui.night.automatic.retention import _gives_proved_bytes
from crowdsky_tui.night.night import Night
from crowdsky_tui.store.store import JobState

START = datetime(2026, 2, 27, 20, 0, tzinfo=UTC)
NAME = "CrowdSky_41_M 81_20.0s_LP_20260227.80_HP006478.fit"
ORDER = Order(
    scope="garden", serial="a349", telescope="S50_a349", target="M 81", folder="M 81",
    chunk="20260227.80", exposure="20.0s", filter="LP", start=START,
    end=START + timedelta(minutes=15), name=NAME,
)  # fmt: skip


def settings(folder: Path) -> Settings:
    storage = StorageSettings(str(folder / "state"), str(folder / "data"))
    server = ServerSettings(username="a", password="b", url="http://127.0.0.1:9")
    return Settings(storage=storage, server=server)


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The stack ids that the server lists; "down" for one that does not answer."""
    found = {ORDER.stack_id}

    async def fresh(_self: ServerList, _age: float = 0.0) -> tuple[()]:
        if "down" in found:
            raise NetworkDown("the server is away")
        return ()

    def row_of(_self: ServerList, order: Order, _entries: object, _rows: object) -> object:
        return object() if order.stack_id in found else None

    monkeypatch.setattr(ServerList, "fresh", fresh)
    monkeypatch.setattr(ServerList, "row_of", row_of)
    return found


@asynccontextmanager
async def kept(folder: Path, **change: Any) -> AsyncIterator[tuple[Night, Path]]:
    """A night that has fetched one stack and proved it, and that file."""
    path = folder / "data" / "a349" / "M 81" / NAME
    path.parent.mkdir(parents=True)
    content = stack_bytes()
    path.write_bytes(content)
    entry: dict[str, Any] = {
        "order": ORDER, "local_path": str(path), "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(), "upload": Delivery.CONFIRMED,
    }  # fmt: skip
    async with Night(settings(folder)) as night:
        await night.journal.save_entry(LedgerEntry(**(entry | change)))
        await night.start()
        yield night, path


async def done(night: Night, kind: str) -> AnyJob:
    job_id, _ = await night.queue.add(kind, kind, ORDER)
    async with asyncio.timeout(20):
        while True:
            (job,) = await night.journal.jobs([job_id])
            if not job.unfinished or job.state is JobState.WAITING:
                return job
            await asyncio.sleep(0.02)


def names(path: Path) -> list[str]:
    return sorted(each.name.removeprefix(NAME) for each in path.parent.iterdir())


async def test_a_proved_stack_gives_way_to_its_copy_and_comes_back(
    tmp_path: Path, listed: set[str]
) -> None:
    async with kept(tmp_path) as (night, path):
        content = path.read_bytes()
        before = await night.journal.entry(ORDER)
        job = await done(night, "compress")
        assert job.state is JobState.PROVED and "read back alike" in job.reason
        assert names(path) == [".fz"]
        assert await night.journal.entry(ORDER) == before  # what was proved stays proved
        assert (await night.science.preview(path, 20, 20)).width > 0  # and can be looked at
        again = await done(night, "compress")
        assert again.state is JobState.PROVED and "compressed already" in again.reason
        job = await done(night, "expand")
        assert job.state is JobState.PROVED and names(path) == [""]
        assert path.read_bytes() == content
        assert (await done(night, "expand")).state is JobState.PROVED  # nothing to do is no fault


@pytest.mark.parametrize(
    ("change", "rows", "why"),
    [
        ({}, set(), "the server does not list it"),
        ({"sha256": "0" * 64}, None, "not the file that was proved"),
        ({"sha256": ""}, None, "no stack fetched"),
        ({"local_path": "/etc/hostname"}, None, "no stack fetched"),
    ],
    ids=["unproved", "another file", "never checked", "elsewhere"],
)
async def test_what_is_not_proved_stays(
    tmp_path: Path, listed: set[str], change: dict[str, Any], rows: set[str] | None, why: str
) -> None:
    if rows is not None:
        listed.clear()
    async with kept(tmp_path, **change) as (night, path):
        job = await done(night, "compress")
        assert job.state is not JobState.PROVED and why in job.reason
        assert names(path) == [""]


async def test_without_the_servers_list_nothing_is_compressed(
    tmp_path: Path, listed: set[str]
) -> None:
    listed.add("down")
    async with kept(tmp_path) as (night, path):
        assert (await done(night, "compress")).state is JobState.WAITING
        assert names(path) == [""]


@pytest.mark.parametrize("at", ["pack", "unpack"])
async def test_the_stack_stays_until_its_copy_was_read_back_alike(
    tmp_path: Path, listed: set[str], monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    async with kept(tmp_path) as (night, path):
        content = path.read_bytes()
        real = getattr(night.science, at)

        async def changed(*paths: Path) -> str:
            await real(*paths)
            assert path.read_bytes() == content  # the only copy, while it is looked at
            return "0" * 64

        monkeypatch.setattr(night.science, at, changed)
        job = await done(night, "compress")
        assert job.state is not JobState.PROVED
        assert "give it back alike" in job.reason or "does not give back" in job.reason
        assert path.read_bytes() == content and ".part" not in "".join(names(path))


async def test_a_copy_that_does_not_give_the_stack_back_is_not_expanded(
    tmp_path: Path, listed: set[str]
) -> None:
    async with kept(tmp_path) as (night, path):
        await done(night, "compress")
        packed = path.with_name(NAME + ".fz")
        content = bytearray(packed.read_bytes())
        content[len(content) // 2 : len(content) // 2 + 60] = bytes(60)
        packed.write_bytes(content)
        assert (await done(night, "expand")).state is not JobState.PROVED
        assert names(path) == [".fz"]  # damaged, but never deleted


async def test_the_upload_of_a_compressed_stack_says_what_to_do(
    tmp_path: Path, listed: set[str]
) -> None:
    async with kept(tmp_path, upload=Delivery.NOTHING_SENT) as (night, path):
        path.rename(path.with_name(NAME + ".fz"))
        job = await done(night, "upload")
        assert job.state is JobState.FAILED and "archive --expand" in job.reason


async def test_room_is_made_of_compressed_stacks_too(tmp_path: Path, listed: set[str]) -> None:
    async with kept(tmp_path) as (night, path):
        entry = await night.journal.entry(ORDER)
        science, packed = night.science, path.with_name(NAME + ".fz")
        assert await _gives_proved_bytes(science, path, entry)
        await done(night, "compress")
        assert await _gives_proved_bytes(science, packed, entry)
        content = bytearray(packed.read_bytes())
        content[len(content) // 2 : len(content) // 2 + 60] = bytes(60)
        packed.write_bytes(content)
        assert not await _gives_proved_bytes(science, packed, entry)
        assert not await _gives_proved_bytes(science, path, entry)  # which is gone
        path.write_bytes(b"another")
        assert not await _gives_proved_bytes(science, path, entry)


async def test_the_verb_lists_compresses_and_expands(
    tmp_path: Path, listed: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    async with kept(tmp_path) as (_night, path):
        pass

    async def run(*words: str) -> Any:
        options = parse(["archive", *words, "--json"]).options
        assert await archive(options, settings(tmp_path)) == ExitCode.OK  # type: ignore[arg-type]
        return json.loads(capsys.readouterr().out)

    (line,) = (await run())["stacks"]
    assert line["bytes"] == path.stat().st_size and line["proved"] and not line["compressed_bytes"]
    dry = await run("m81", "--compress", "--dry-run")
    assert dry["chosen"] == [NAME] and dry["done"] == [] and names(path) == [""]
    made = await run("--compress")
    assert made["done"] == [NAME] and made["stacks"][0]["bytes"] == 0 and names(path) == [".fz"]
    assert (await run("--expand"))["done"] == [NAME] and names(path) == [""]
    listed.clear()
    left = await run("--compress")
    assert left["chosen"] == [] and names(path) == [""]
    listed.add("down")
    with pytest.raises(CrowdSkyError, match="server is away"):
        await run("--compress")
    with pytest.raises(UsageError, match="no stack of M 42"):
        await run("M 42")
