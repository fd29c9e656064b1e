"""With which settings, and which login, the api's calls work."""

from typing import Any
from urllib.parse import urlsplit

import msgspec

from crowdsky_tui.config.load import Settings, read_settings


class Chosen:
    """What the caller has said; the settings' own values hold where nothing was said."""

    settings: Settings | None = None
    server: dict[str, Any]

    def __init__(self) -> None:
        self.server = {}


chosen = Chosen()


def use_settings(settings: Settings | None) -> None:
    """Work with these settings from the next call on, and forget login and address set before.

    Parameters
    ----------
    settings : Settings or None
        As `crowdsky_tui.config.load.read_settings(path).settings` reads them; None for the user's
        own file and environment, read anew at each call.
    """
    chosen.settings = settings
    chosen.server = {}


def set_credentials(username: str, password: str) -> None:
    """Use this CrowdSky login from the next call on, in this process; nothing is written.

    Parameters
    ----------
    username, password : str
        Of the CrowdSky account. Without them the settings' and `CROWDSKY_USERNAME` and
        `CROWDSKY_PASSWORD` hold.
    """
    chosen.server |= {"username": username, "password": password}


def set_base_url(url: str) -> None:
    """Use another CrowdSky server from the next call on, in this process; nothing is written.

    Another scheme, host or port forgets login and API key: set the login after the address.

    Parameters
    ----------
    url : str
        Without a trailing slash; https, or http to this machine.

    Raises
    ------
    UsageError
        If the password would not be safe there.
    """
    from crowdsky_tui.services.http.connection import check_base_url

    checked, before = urlsplit(check_base_url(url)), urlsplit(present_settings().server.url)
    if checked[:2] != before[:2]:
        chosen.server = {"username": "", "password": "", "api_key": ""}
    chosen.server["url"] = checked.geturl()


def present_settings() -> Settings:
    """The settings of the next call."""
    settings = chosen.settings or read_settings().settings
    return msgspec.structs.replace(
        settings, server=msgspec.structs.replace(settings.server, **chosen.server)
    )
