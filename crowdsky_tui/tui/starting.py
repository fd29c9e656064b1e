"""`LateNight`: a night whose modules are imported behind the first frame."""

import asyncio
import gc
from collections.abc import Callable
from typing import Any

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.load import Settings, scope_name
from crowdsky_tui.store.store import JobView, ScopeState, ScopeView, Store
from crowdsky_tui.tui.desk import AnyNight


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

    def unfinished(self) -> tuple[JobView, ...]:
        return ()

    async def close(self) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        raise CrowdSkyError(
            "the night is still being opened", "", "Press the key again in a moment"
        )


class LateNight:
    """An `AnyNight` that `open` makes; all else is the real night's from then on."""

    def __init__(self, settings: Settings, make: Callable[[], AnyNight]) -> None:
        """`make` is called in a thread: its imports take longer than a first frame may."""
        self._make = make
        self._night: AnyNight | _Opening = _Opening(settings)

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

    def __getattr__(self, name: str) -> Any:
        return getattr(self._night, name)
