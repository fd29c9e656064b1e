"""Pictures of a target's stacks: from a telescope stand-in, the server, the disk, an agent."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from device_kit import until
from night_kit import night_on
from PIL import Image
from seestar_kit import frames, take

from crowdsky_tui.agent.client import RemoteNight
from crowdsky_tui.agent.server import Listener
from crowdsky_tui.base.errors import CrowdSkyError, FileDamaged
from crowdsky_tui.blocks import companions
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.gallery import stacks as gallery_stacks
from crowdsky_tui.gallery.cache import PictureCache
from crowdsky_tui.gallery.records import GalleryItem
from crowdsky_tui.night.calls.gallery import ListGallery, ShowPicture
from crowdsky_tui.night.night import Night
from crowdsky_tui.store.store import BlockState, ServerState, ServerView, StackRow

M81 = TargetKey("garden", "M 81")
NAMES = tuple(f"CrowdSky_41_M 81_20.0s_LP_20260227.{chunk}_HP006478.fit" for chunk in ("80", "81"))


def thumbnail(colour: tuple[int, int, int] = (200, 40, 40)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (54, 96), colour).save(made, "JPEG")
    return made.getvalue()


def put_stacks(root: Path) -> Path:
    """Two stacks on the telescope, the first with a thumbnail; its folder."""
    take(root, frames(2))
    folder = root / "MyWorks" / "M 81"
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        (folder / name).write_bytes(b"no FITS, and nobody opens it")
    (folder / companions(NAMES[0])[1]).write_bytes(thumbnail())
    return folder


@asynccontextmanager
async def looking(tmp_path: Path) -> AsyncIterator[tuple[Path, Night, tuple[GalleryItem, ...]]]:
    """The telescope's folder, a night on it, and its gallery."""
    folder = await asyncio.to_thread(put_stacks, tmp_path / "scope")
    async with night_on(tmp_path) as (_scope, night):
        await night.look()
        await until(lambda: M81 in night.views.situations())
        yield folder, night, await night.do(ListGallery(M81))


async def test_the_scopes_thumbnail_is_shown_and_kept(tmp_path: Path) -> None:
    async with looking(tmp_path) as (folder, night, items):
        assert [item.block and item.block.key.chunk for item in items] == [
            "20260227.81",
            "20260227.80",
        ]
        assert {item.state for item in items} == {BlockState.STACKED}
        key = items[1].key
        picture = await night.do(ShowPicture(M81, key, 9, 16))
        assert 0 < picture.width <= 9 and picture.height <= 16 and picture.rgb[0] > 150
        (folder / companions(NAMES[0])[1]).unlink()
        assert (await night.do(ShowPicture(M81, key, 18, 32))).height > 28  # from the disk
        kept = list((night.settings.state_dir / "pictures").iterdir())
        assert [path.stat().st_size for path in kept] == [len(thumbnail())]
        with pytest.raises(CrowdSkyError, match="not on the telescope"):
            await night.do(ShowPicture(M81, items[0].key, 9, 16))


async def test_a_hostile_picture_costs_the_child_at_most(tmp_path: Path) -> None:
    async with looking(tmp_path) as (folder, night, items):
        picture = folder / companions(NAMES[0])[1]
        for hostile in (b"\xff\xd8\xff" + bytes(999), b"<html>", thumbnail()[:300]):
            picture.write_bytes(hostile)
            with pytest.raises(FileDamaged, match="thumbnail"):
                await night.do(ShowPicture(M81, items[1].key, 9, 16))
            assert not (night.settings.state_dir / "pictures").exists()
        picture.write_bytes(thumbnail())
        assert (await night.do(ShowPicture(M81, items[1].key, 9, 16))).width > 0


async def test_a_slow_scope_and_a_thumbnail_of_megabytes_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with looking(tmp_path) as (folder, night, items):
        picture = folder / companions(NAMES[0])[1]
        picture.write_bytes(bytes(gallery_stacks.LARGEST + 1))
        with pytest.raises(CrowdSkyError, match="no thumbnail"):
            await night.do(ShowPicture(M81, items[1].key, 9, 16))

        async def never(*_: object) -> bytes:
            await asyncio.Event().wait()
            return b""

        monkeypatch.setattr(gallery_stacks, "PATIENCE_S", 0.05)
        monkeypatch.setattr(night.watches["garden"].service.files, "read_range", never)
        with pytest.raises(CrowdSkyError, match="garden took longer"):
            await night.do(ShowPicture(M81, items[1].key, 9, 16))


async def test_what_only_the_server_has_comes_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    class Server:
        async def thumbnail(self, stack_id: int) -> bytes:
            asked.append(stack_id)
            return thumbnail((10, 200, 10))

        async def close(self) -> None:
            return None

    async with looking(tmp_path) as (_folder, night, _items):
        row = StackRow(7, "20250101.80_HP006478", "M 81", "S50_x", "LP")
        other = StackRow(8, "20250101.80_HP000001", "M 82", "S50_x", "LP")
        night.store.set_server(ServerView(ServerState.OK, stacks=(row, other)))
        monkeypatch.setattr(night, "_server", Server())
        items = await night.do(ListGallery(M81))
        assert [item.key for item in items[2:]] == ["server/7"]
        picture = await night.do(ShowPicture(M81, "server/7", 9, 16))
        assert picture.rgb[1] > 150
        await night.do(ShowPicture(M81, "server/7", 9, 16))
        assert asked == [7]


async def test_an_attached_app_sees_the_same(tmp_path: Path) -> None:
    async with looking(tmp_path) as (_folder, night, items):
        listener, remote = Listener(night), RemoteNight(night.settings)
        await listener.open()
        await remote.open()
        try:
            assert await remote.do(ListGallery(M81)) == items
            picture = await remote.do(ShowPicture(M81, items[1].key, 9, 16))
            assert picture == await night.do(ShowPicture(M81, items[1].key, 9, 16))
        finally:
            await remote.close()
            await listener.close()


def test_the_cache_forgets_what_was_longest_unused(tmp_path: Path) -> None:
    cache = PictureCache(tmp_path / "kept", most_bytes=250)
    for name in ("a", "b"):
        cache.keep(name, name.encode() * 100)
    assert cache.read("a") == b"a" * 100
    cache.keep("../c", b"c" * 100)
    assert (cache.read("b"), cache.read("a")) == (None, b"a" * 100)
    assert cache.read("../c") == b"c" * 100
    assert len(list((tmp_path / "kept").iterdir())) == 2
    cache.drop("a")
    assert cache.read("a") is None


def test_a_disk_that_takes_nothing_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file where the folder should be")
    cache = PictureCache(tmp_path / "kept")
    cache.keep("a", b"a")
    assert cache.read("a") is None
