"""A client of telescope.org as the settings have it."""

import asyncio
from pathlib import Path

from crowdsky_tui import __version__
from crowdsky_tui.config.load import Settings
from crowdsky_tui.services.http.polite import LEAST_BETWEEN_S
from crowdsky_tui.services.telescope_org.client import TelescopeOrg
from crowdsky_tui.services.telescope_org.download import POLL_S, Downloads
from crowdsky_tui.services.telescope_org.login import Login, read_ini
from crowdsky_tui.services.telescope_org.picture_check import Inspect
from crowdsky_tui.services.telescope_org.session import Session

USER_AGENT = f"crowdsky-tui/{__version__}"


async def open_account(settings: Settings, inspect: Inspect) -> TelescopeOrg:
    """A client with the settings' account, or the one in the original client's file.

    On a simulated clock it is as much faster with its pauses as the clock is. Raises SettingsError
    for a file that cannot be used.
    """
    remote = settings.remote
    login: Login | None = Login(remote.username, remote.password) if remote.username else None
    if login is None and remote.ini:
        login = (await asyncio.to_thread(read_ini, Path(remote.ini))).login
    clock = settings.make_clock()
    session = Session(
        login,
        USER_AGENT,
        url=remote.url,
        network=settings.network,
        between_s=clock.real_seconds(LEAST_BETWEEN_S),
    )
    downloads = Downloads(
        session, settings.remote_cache, inspect, poll_s=clock.real_seconds(POLL_S)
    )
    return TelescopeOrg(session, downloads, queue=remote.queue)
