"""What every kind of job may work with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from crowdsky_tui.archive.frame import Frame
from crowdsky_tui.archive.frames import Frames
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.load import Settings
from crowdsky_tui.jobs.handover import Handover
from crowdsky_tui.jobs.scopes import Scopes
from crowdsky_tui.jobs.server_list import ServerList

if TYPE_CHECKING:
    from crowdsky_tui.instruments.interface import Instrument
    from crowdsky_tui.jobs.kinds.measure import MeasureOrder
    from crowdsky_tui.jobs.ledger import LedgerEntry
    from crowdsky_tui.services.crowdsky.client import CrowdSkyServer
    from crowdsky_tui.services.telescope_org.client import TelescopeOrg

OpenTelescopeOrg = Callable[[], Awaitable["TelescopeOrg"]]
"""Gives the account's client, opened at its first use."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What every kind of job may work with.

    `server` is called when it is needed, as it may want a login; `scrub_location` for each upload,
    as the user may say otherwise meanwhile. `instrument` is a telescope's, by its name, the same
    one for everybody; `unsafe` tells why nothing new may be observed now, empty if it may.
    `proved` is told of each stack that was just seen in the server's list, `fetched` of each cube
    that came from telescope.org; `measure` measures one for a project of curves.
    """

    scopes: Scopes
    server: "Callable[[], CrowdSkyServer]"
    listing: ServerList
    science: Science
    clock: Clock
    settings: Settings
    scrub_location: Callable[[], bool]
    handover: Handover
    telescope_org: OpenTelescopeOrg
    instrument: "Callable[[str], Instrument]"
    unsafe: Callable[[], str]
    frames: Frames
    proved: "Callable[[LedgerEntry], Awaitable[None]]"
    fetched: "Callable[[Frame], Awaitable[None]]"
    measure: "Callable[[MeasureOrder], Awaitable[str]]"

    @property
    def deadline(self) -> timedelta:
        """How long a sent stack is waited for."""
        return timedelta(hours=self.settings.confirm.deadline_h)
