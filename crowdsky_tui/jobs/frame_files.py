"""Where a stack's file can be had: on this machine, from its scope, from the server."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, NotFound, UsageError
from crowdsky_tui.base.text import path_component
from crowdsky_tui.fits.kept import kept_file
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order

if TYPE_CHECKING:
    from crowdsky_tui.instruments.seestar.service import SeestarService
    from crowdsky_tui.services.crowdsky.client import CrowdSkyServer


class FrameSource(msgspec.Struct, frozen=True):
    """One stack and the roads to its file: this machine's `path`, a scope's `order`, a server key.

    `key` is a chunk key that the server has for one stack only. With `sub_frame` it is not the
    order's stack but the sub-frame of that name. `label` is clean.
    """

    label: str
    start: datetime
    path: str = ""
    order: Order | None = None
    key: str = ""
    sub_frame: str = ""


class FrameFiles:
    """Brings files to this machine without keeping them in the ledger: for looking only."""

    def __init__(
        self,
        service: "Callable[[Order], Awaitable[SeestarService]]",
        server: "Callable[[], CrowdSkyServer]",
        entry: Callable[[Order], Awaitable[LedgerEntry]],
    ) -> None:
        self._service, self._server, self._entry = service, server, entry

    async def bring(self, source: FrameSource, folder: Path) -> Path:
        """A file of this machine that is the stack's; into `folder` if it has to be fetched.

        The first road that leads there. Raises the error of the last one.
        """
        if source.path:
            return kept_file(Path(source.path))
        problem: CrowdSkyError = UsageError(f"{source.label} is nowhere to be had")
        if source.order is not None:
            entry = await self._entry(source.order)
            here = entry.local_path if not source.sub_frame else ""
            if here and (path := kept_file(Path(here))).is_file():
                return path
            try:
                return await self._from_scope(source.order, source.sub_frame, folder)
            except CrowdSkyError as error:
                problem = error
        if source.key:
            (path,) = await self._server().download_stack(source.key, folder)
            return path
        raise problem

    async def _from_scope(self, order: Order, sub_frame: str, folder: Path) -> Path:
        service = await self._service(order)
        name = sub_frame or order.name
        try:
            path = folder / path_component(name)
        except ValueError as error:
            raise NotFound(f"a stack of {order.target} cannot be kept here", str(error)) from error
        where = order.sub_folder if sub_frame else order.folder
        await service.files.download(f"MyWorks/{where}/{name}", path)
        return path
