"""`LazyNight`: a night whose modules are imported behind the first frame."""

import asyncio
import gc
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.scope_settings import scope_name
from crowdsky_tui.store.store import JobView, ScopeState, ScopeView, Store

if TYPE_CHECKING:
    from crowdsky_tui.night.calls.call import Call
    from crowdsky_tui.night.interfaces import NightInterface, TelescopeSetup

R = TypeVar("R")


class _Opening:
    """What can be shown before there is a night: the scopes of the settings, being opened."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = settings.make_clock()
        self.badge = self.clock.badge
        self.store = Store()
        for scope in settings.scopes:
            name = clean(scope_name(scope))
            view = ScopeView(name, state=ScopeState.CONNECTING, reason="the night is being opened")
            self.store.scopes[name] = view  # counts no revision: all of the real store's are news

    @property
    def setup(self) -> "TelescopeSetup":
        raise _not_yet()

    async def open(self) -> None:
        pass

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def do(self, call: "Call[R]") -> R:
        raise _not_yet()

    def unfinished(self) -> tuple[JobView, ...]:
        return ()


def _not_yet() -> CrowdSkyError:
    return CrowdSkyError("the night is still being opened", "", "Press the key again in a moment")


class LazyNight:
    """A night that `open` makes. Until then its scopes are shown, and every call is refused."""

    def __init__(self, settings: Settings, make: "Callable[[], NightInterface]") -> None:
        """`make` is called in a thread: its imports take longer than a first frame may."""
        self._make = make
        self._night: NightInterface = _Opening(settings)

    async def open(self) -> None:
        """Import, make and open the night. Raises what that raises.

        From here on garbage is collected, which `commands.desk` puts off.
        """
        try:
            night = await asyncio.to_thread(self._make)
        finally:
            gc.freeze()  # what was imported stays: no need to look through it again and again
            gc.enable()
        try:
            await night.open()
        except BaseException:
            await night.close()
            raise
        self._night = night

    @property
    def store(self) -> Store:
        return self._night.store

    @property
    def clock(self) -> Clock:
        return self._night.clock

    @property
    def settings(self) -> Settings:
        return self._night.settings

    @property
    def badge(self) -> str:
        return self._night.badge

    @property
    def setup(self) -> "TelescopeSetup":
        return self._night.setup

    async def start(self) -> None:
        await self._night.start()

    async def close(self) -> None:
        await self._night.close()

    async def do(self, call: "Call[R]") -> R:
        return await self._night.do(call)

    def unfinished(self) -> tuple[JobView, ...]:
        return self._night.unfinished()
