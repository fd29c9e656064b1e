"""When a stack counts as fetched, and what is never kept of one: rule by rule."""

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace
from scope_rig import HOME, NAME, ONE, Rig, at_hand

from crowdsky_tui.base.errors import (
    FileDamaged,
    NotFoundOnScope,
    ScopeUnreachable,
)
from crowdsky_tui.blocks import companions
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.kinds.fetch import FetchWork, compare, local_path
from crowdsky_tui.jobs.ledger import LedgerEntry

REMOTE = f"{HOME}/{NAME}"
THUMB = f"{HOME}/{companions(NAME)[1]}"


def to_fetch(folder: Path, content: bytes = b"a stack") -> tuple[Rig, FetchWork, Path]:
    rig = Rig()
    rig.there = {REMOTE: content, THUMB: b"a picture"}
    return rig, FetchWork(at_hand(rig), at_hand(rig), folder), local_path(folder, ONE)


async def test_a_stack_counts_as_fetched_only_when_it_was_read_a_second_time(
    tmp_path: Path,
) -> None:
    rig, work, path = to_fetch(tmp_path)
    proof = await rig.run(work)
    assert rig.done == [
        "note download", f"download {NAME}", "read again", f"download {companions(NAME)[1]}",
        "saved",
    ]  # fmt: skip
    (entry,) = rig.kept.values()
    assert (entry.local_path, entry.size) == (str(path), 7) and entry.sha256
    assert proof.payload.local_path == str(path) and proof.text.startswith("fetched, 7 bytes")
    assert entry.order.object_name == "M 81 as the header says" and entry.order.local_path == ""
    rig.done.clear()
    await rig.run(work)  # it is here, whole, and known
    assert rig.done == ["saved"]


async def test_other_bytes_here_than_there_are_deleted_and_never_kept(tmp_path: Path) -> None:
    rig, work, path = to_fetch(tmp_path)
    rig.spoils = b"A stack"  # a bit was changed on the way
    with pytest.raises(FileDamaged, match="other bytes here"):
        await rig.run(work)
    assert not path.exists() and rig.kept == {}
    rig.spoils = b"a sta"
    with pytest.raises(FileDamaged, match="another size"):
        await rig.run(work)
    rig.spoils = b"damaged"
    with pytest.raises(FileDamaged, match="cut off"):
        await rig.run(work)
    assert not path.exists() and rig.kept == {}


async def test_a_file_of_another_size_is_fetched_again(tmp_path: Path) -> None:
    rig, work, path = to_fetch(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"half")
    await rig.run(work)
    assert f"download {NAME}" in rig.done and path.read_bytes() == b"a stack"


async def test_a_whole_file_that_nobody_has_compared_is_compared(tmp_path: Path) -> None:
    rig, work, path = to_fetch(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"A stack")
    with pytest.raises(FileDamaged, match="other bytes here"):
        await rig.run(work)
    path.write_bytes(b"a stack")
    await rig.run(work)
    assert f"download {NAME}" not in rig.done and rig.done.count("read again") == 2


async def test_a_stack_comes_without_its_picture_and_leaves_no_half_of_one(tmp_path: Path) -> None:
    rig, work, path = to_fetch(tmp_path)
    rig.broken[THUMB] = NotFoundOnScope("no picture")
    part = path.with_name(companions(NAME)[1] + ".part")
    part.parent.mkdir(parents=True)
    part.write_bytes(b"half")
    assert await rig.run(work)
    assert [each.name for each in path.parent.iterdir()] == [NAME]


@pytest.mark.parametrize(
    ("whole", "picture", "fetched"), [(True, True, 0), (True, False, 1), (False, True, 1)]
)
async def test_the_picture_is_fetched_with_its_stack_and_where_it_is_not_here(
    tmp_path: Path, whole: bool, picture: bool, fetched: int
) -> None:
    rig, work, path = to_fetch(tmp_path)
    path.parent.mkdir(parents=True)
    thumbnail = companions(NAME)[1]
    if whole:
        path.write_bytes(b"a stack")
    if picture:
        path.with_name(thumbnail).write_bytes(b"an older picture")
    await rig.run(work)
    assert rig.done.count(f"download {thumbnail}") == fetched


async def test_a_name_without_a_key_gets_that_of_its_header_and_any_other_keeps_its_own(
    tmp_path: Path,
) -> None:
    keyed = "CrowdSky_9_M 81_20.0s_LP_20260227.84_HP000007.fit"
    for name, key in ((NAME, "c1_HP006478"), (keyed, "")):
        rig, work, _ = to_fetch(tmp_path)
        rig.there |= {f"{HOME}/{each}": b"a stack" for each in (name, *companions(name))}
        rig.job = replace(rig.job, payload=replace(ONE, name=name))
        assert (await rig.run(work)).payload.key == key


SAME = hashlib.sha256(b"a stack").hexdigest()


@pytest.mark.parametrize("known", ["", "another", SAME])
async def test_a_file_with_other_bytes_than_before_was_never_sent(
    tmp_path: Path, known: str
) -> None:
    rig, work, _ = to_fetch(tmp_path)
    before = LedgerEntry(ONE, "/x", 7, known, Delivery.SENT, row_id=5)
    rig.kept[ONE.stack_id] = before
    await rig.run(work)
    (entry,) = rig.kept.values()
    assert entry.upload == ("" if known == "another" else Delivery.SENT)


class Marks:
    """The handover, of which only reserving is asked here."""

    def __init__(self) -> None:
        self.reserved = 0

    async def reserve(self, _entry: LedgerEntry) -> None:
        self.reserved += 1


@pytest.mark.parametrize(
    ("goal", "upload", "reserves"),
    [("confirm", "", 1), ("fetch", "", 0), ("confirm", Delivery.SENT, 0)],
)
async def test_only_what_is_to_be_sent_and_was_not_is_marked_as_ours(
    tmp_path: Path, goal: str, upload: Any, reserves: int
) -> None:
    rig, _, _ = to_fetch(tmp_path)
    rig.job = replace(rig.job, goal=goal)
    rig.kept[ONE.stack_id] = LedgerEntry(ONE, upload=upload or Delivery.NOTHING_SENT)
    marks: Any = Marks()
    await rig.run(FetchWork(at_hand(rig), at_hand(rig), tmp_path, marks))
    assert marks.reserved == reserves


async def test_a_comparison_that_is_cut_off_deletes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.fit"
    path.write_bytes(b"a stack")

    async def sha256(_remote: str) -> str:
        raise ScopeUnreachable("gone")

    files: Any = SimpleNamespace(sha256=sha256)
    facts: Any = SimpleNamespace(sha256="sha")
    with pytest.raises(ScopeUnreachable):
        await compare(files, REMOTE, path, facts)
    assert path.exists()


@pytest.mark.parametrize("part", ["serial", "folder", "name"])
def test_a_name_that_leads_elsewhere_is_never_a_path(tmp_path: Path, part: str) -> None:
    assert local_path(tmp_path, ONE) == tmp_path / "a1" / "M 81" / NAME
    nameless = replace(ONE, serial="")
    assert local_path(tmp_path, nameless) == tmp_path / "S50_a1" / "M 81" / NAME
    for odd in ("..", "a/b", "/etc"):
        with pytest.raises(ValueError):
            local_path(tmp_path, replace(ONE, **{part: odd}))
