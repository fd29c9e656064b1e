"""Signing in, and the question whether uploads may name the observer's place. Knows no screen."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import AuthRefused
from crowdsky_tui.config.load import Loaded, Settings, read_settings
from crowdsky_tui.config.rate_schedule import parse_timetable
from crowdsky_tui.config.schema import NetworkSettings, ServerSettings
from crowdsky_tui.config.write import save_exactly

if TYPE_CHECKING:
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.services.crowdsky.archive import Archive
    from crowdsky_tui.services.crowdsky.client import CrowdSkyServer

SCRUB = "upload.scrub_location"


def make_client(settings: Settings, clock: Clock) -> "CrowdSkyServer":
    """The client of the account in the settings. Raises AuthRefused if there is none."""
    account = settings.server
    if not (account.username and account.password):
        raise AuthRefused(
            "no CrowdSky account is set",
            "server.username and server.password are empty",
            "Sign in with i in the app, or set them with 'crowdsky-tui config set', or"
            " CROWDSKY_USERNAME and CROWDSKY_PASSWORD",
        )
    from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
    from crowdsky_tui.services.http.rate import Pace

    pace = Pace(parse_timetable(settings.upload.limit), now=clock.now)
    return CrowdSkyServer(
        account.url, account.username, account.password, pace=pace, network=settings.network
    )


def archive_of(settings: Settings, science: "Science") -> "Archive":
    """The client of everybody's frames, with the settings' key."""
    from crowdsky_tui.services.crowdsky.archive import Archive

    server = settings.server
    return Archive(
        server.url, server.api_key, cone_pixels=science.cone_pixels, network=settings.network
    )


async def tried(
    server: ServerSettings, username: str, password: str, network: NetworkSettings | None = None
) -> ServerSettings:
    """These settings with a login that the server has just taken.

    Blanks around the name go, the password stays as it is. Raises AuthRefused for a wrong one,
    UsageError for one that cannot be sent, ServerError if the server cannot be asked.
    """
    from crowdsky_tui.services.crowdsky.client import CrowdSkyServer

    name = username.strip()
    trial = CrowdSkyServer(server.url, name, password, network=network)
    try:
        await trial.list_stacks()
    finally:
        await trial.close()
    return msgspec.structs.replace(server, username=name, password=password)


def keep_login(config: Path | None, server: ServerSettings) -> str:
    """Write a login to `config.local.toml`; returns what is to be said of it. Blocks."""
    loaded = _loaded(config)
    save_exactly(loaded, {"server.username": server.username, "server.password": server.password})
    note = f"Signed in as {server.username}; kept in {loaded.local_path}, for you alone to read"
    if "environment" in (loaded.sources.get(key) for key in ("server.username", "server.password")):
        note += ". The environment's CROWDSKY_USERNAME and CROWDSKY_PASSWORD win at the next start"
    return note


def scrub_decided(config: Path | None) -> bool:
    """Whether some layer of the settings says what happens to coordinates. Blocks."""
    return SCRUB in _loaded(config).sources


def keep_scrub(config: Path | None, *, scrub: bool) -> str:
    """Write the answer down; returns what is to be said of it. Blocks."""
    save_exactly(_loaded(config), {SCRUB: scrub})
    return f"{'Coordinates are taken out of' if scrub else 'Coordinates stay in'} what is sent"


def _loaded(config: Path | None) -> Loaded:
    return read_settings(config)
