"""Where targets and blocks point, by the headers of their sub-frames."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.blocks import TargetKey
from crowdsky_tui.compute.client import Science
from crowdsky_tui.instruments.seestar.files.records import HEADER_BYTES
from crowdsky_tui.instruments.seestar.stacking.find_finished import read_header
from crowdsky_tui.jobs.order import Order

if TYPE_CHECKING:
    from crowdsky_tui.progress.telescope_watch import ScopeWatch

Position = tuple[float, float]


class Watching(Protocol):
    """A night, as far as it is needed here."""

    @property
    def watches(self) -> "Mapping[str, ScopeWatch]": ...
    @property
    def science(self) -> Science: ...


async def position_of(night: Watching, key: TargetKey) -> Position:
    """Where a target's newest block points, by a sub-frame's header; degrees, equinox of date.

    Raises UsageError if no header tells, DeviceError if the scope does not answer.
    """
    return (await _pointing(night, key))[0]


async def pixel_of(night: Watching, key: TargetKey) -> int:
    """The tile of that position (RING, NSIDE 128), by the science child. Raises the same."""
    return (await _pointing(night, key))[1]


async def _pointing(night: Watching, key: TargetKey) -> tuple[Position, int]:
    scope, target = key
    watch = night.watches[scope]
    facts = watch.targets[target]
    for block in reversed(facts.blocks):
        path = f"MyWorks/{facts.sub_folder}/{block.files[-1]}"
        head = await watch.service.files.read_range(path, 0, HEADER_BYTES)
        header = await night.science.header_facts(head)
        if header.ra_deg is not None and header.dec_deg is not None and header.pixel is not None:
            return (header.ra_deg, header.dec_deg), header.pixel
    raise UsageError(f"{target} has no position", "no header of its sub-frames tells one")


async def block_pixel(night: Watching, order: Order) -> int | None:
    """The tile that a block's first sub-frame points at; None if its header does not tell."""
    path = f"MyWorks/{order.sub_folder}/{order.files[0]}"
    try:
        return (await read_header(night.watches[order.scope].service, path)).pixel
    except CrowdSkyError:  # without a tile every row of the quarter of an hour counts as the same
        return None
