"""The client of telescope.org, opened when something is first asked of it."""

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts
    from crowdsky_tui.services.telescope_org.client import TelescopeOrg


class TelescopeOrgAccount:
    """One client for all jobs, so that the site is asked one thing at a time; new for new settings.

    Called, it gives the client; raises SettingsError for settings that cannot be used.
    """

    def __init__(self, night: "NightParts") -> None:
        self._night = night
        self._opening = asyncio.Lock()
        self._client: TelescopeOrg | None = None
        self._opened_with: object = None

    async def __call__(self) -> "TelescopeOrg":
        from crowdsky_tui.services.telescope_org.account import open_account

        settings = self._night.settings
        async with self._opening:
            if self._client is None or self._opened_with != settings.remote:
                await self._forget()
                self._client = await open_account(settings, self._night.science.inspect)
                self._opened_with = settings.remote
            return self._client

    async def close(self) -> None:
        """Close the connection."""
        async with self._opening:
            await self._forget()

    async def _forget(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()
