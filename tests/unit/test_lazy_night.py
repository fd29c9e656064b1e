"""The night that is made behind the first frame."""

from pathlib import Path
from typing import cast

import pytest

from crowdsky_tui.base.errors import CrowdSkyError, JournalError
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import StorageSettings
from crowdsky_tui.config.scope_settings import ScopeSettings
from crowdsky_tui.night.calls.jobs import Refresh
from crowdsky_tui.night.interfaces import NightInterface
from crowdsky_tui.store.store import ScopeState, Store
from crowdsky_tui.tui.starting import LazyNight


class Made:
    """A night that notes what is done to it."""

    def __init__(self, problem: CrowdSkyError | None = None) -> None:
        self.store = Store()
        self.problem = problem
        self.done: list[str] = []

    async def open(self) -> None:
        self.done.append("open")
        if self.problem is not None:
            raise self.problem

    async def close(self) -> None:
        self.done.append("close")


def lazy(tmp_path: Path, made: Made) -> LazyNight:
    settings = Settings(
        scopes=(ScopeSettings(name="S50", host="127.0.0.1"),),
        storage=StorageSettings(state_dir=str(tmp_path)),
    )
    return LazyNight(settings, lambda: cast("NightInterface", made))


async def test_before_it_is_open_it_says_so_and_moves_no_revision(tmp_path: Path) -> None:
    made = Made()
    night = lazy(tmp_path, made)
    view = night.store.scopes["S50"]
    assert (view.state, view.reason) == (ScopeState.CONNECTING, "the night is being opened")
    assert set(night.store.revisions.values()) == {0}  # or the real store's news could be missed
    assert night.unfinished() == ()
    with pytest.raises(CrowdSkyError, match="still being opened"):
        _ = night.setup
    with pytest.raises(CrowdSkyError, match="still being opened"):
        await night.do(Refresh())
    await night.close()
    assert made.done == []


async def test_once_open_it_is_the_real_night(tmp_path: Path) -> None:
    made = Made()
    night = lazy(tmp_path, made)
    await night.open()
    assert night.store is made.store
    await night.close()
    assert made.done == ["open", "close"]


async def test_a_night_that_does_not_open_is_closed(tmp_path: Path) -> None:
    made = Made(JournalError("the journal is not readable"))
    night = lazy(tmp_path, made)
    with pytest.raises(JournalError):
        await night.open()
    assert made.done == ["open", "close"]
