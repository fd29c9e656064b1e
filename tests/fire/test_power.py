"""R2: the power fails while settings are saved, or a stack comes back from the server."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from powercut import PageCache

from crowdsky_tui.config.load import read_settings
from crowdsky_tui.config.write import save_settings
from crowdsky_tui.services.crowdsky.download import PartFile

FITS = b"SIMPLE  =                    T".ljust(2880) + bytes(2880 * 300)


class PowerFails(BaseException):
    """Nothing that runs in the program may get hold of it."""


@pytest.fixture
def cut_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Cut":
    for name in ("fsync", "replace", "rename"):
        monkeypatch.setattr(os, name, getattr(os, name))  # what a cache watches is put back
    return Cut(tmp_path, monkeypatch)


class Cut:
    """Cuts the power before the nth of all syncs and renames from now on."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._root = root
        self._monkeypatch = monkeypatch
        self.passed = 0

    def before(self, nth: int) -> PageCache:
        cache = PageCache(self._root)
        cache.watch()
        for name in ("fsync", "replace", "rename"):
            inner = getattr(os, name)

            def counted(*args: object, inner: object = inner) -> object:
                self.passed += 1
                if self.passed == nth:
                    raise PowerFails
                assert callable(inner)
                return inner(*args)

            self._monkeypatch.setattr(os, name, counted)
        return cache


@pytest.mark.parametrize("nth", range(1, 5))
def test_settings_are_the_old_ones_or_the_new(nth: int, tmp_path: Path, cut_at: Cut) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[server]\nusername = "alice"\n')
    save_settings(read_settings(path), {"stacking.min_exptime": "200"})
    cache = cut_at.before(nth)
    try:
        save_settings(read_settings(path), {"stacking.min_exptime": "300"})
        done = True
    except PowerFails:
        done = False
    cache.cut()
    settings = read_settings(path).settings
    assert settings.server.username == "alice"
    assert settings.stacking.min_exptime in ({300.0} if done else {200.0, 300.0})
    assert done == (nth == 4), "it syncs, renames and syncs the folder"


@pytest.mark.parametrize("nth", range(1, 5))
async def test_a_stack_from_the_server_is_whole_or_not_there(
    nth: int, tmp_path: Path, cut_at: Cut
) -> None:
    dest = tmp_path / "20260724.84_HP006478.fits"

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(FITS), 100_000):
            yield FITS[start : start + 100_000]

    cache = cut_at.before(nth)
    done = False
    file = PartFile(dest)
    await file.fill(pieces())
    try:
        await file.keep(len(FITS))
        done = True
    except PowerFails:
        pass
    cache.cut()
    assert done == (nth == 4)
    assert dest.exists() or not done
    assert not dest.exists() or dest.read_bytes() == FITS
