"""Settings of the account at telescope.org."""

from typing import Annotated

from msgspec import Meta

from crowdsky_tui.config.section import Section, says
from crowdsky_tui.config.units import GIGABYTES, SECONDS


class RemoteSettings(Section, frozen=True):
    """Your account at telescope.org, whose robotic telescopes take pictures on request."""

    url: Annotated[str, says("The site. Plain http is refused except to this machine.")] = (
        "https://www.telescope.org"
    )
    username: Annotated[
        str,
        says(
            "Your account. Better kept in config.local.toml (mode 0600), or in the environment as"
            " TELESCOPE_ORG_USERNAME and TELESCOPE_ORG_PASSWORD."
        ),
    ] = ""
    password: Annotated[str, says("The account's password.")] = ""
    ini: Annotated[
        str,
        says(
            "File of the original client that holds the account, usually ~/.config/telescope.ini;"
            " read where username is empty."
        ),
    ] = ""
    queue: Annotated[
        int, Meta(ge=1, le=1000), says("How many requests your account may have waiting: 10 or 40.")
    ] = 10
    look_every: Annotated[
        float,
        Meta(ge=60, le=86400),
        says("How often a request that waits is looked at.", unit=SECONDS),
    ] = 900.0
    cache: Annotated[
        str,
        says(
            "Where its pictures are kept. Empty: the folder telescope.org beside the stacks fetched"
            " from the scopes."
        ),
    ] = ""
    cache_limit: Annotated[
        float,
        Meta(ge=0, le=100_000),
        says(
            "How much they may take; 0 for any. What was wanted least lately goes first, and only"
            " what the site has, and no curve is made of.",
            unit=GIGABYTES,
        ),
    ] = 50.0
