"""The newest picture of an instrument: a rig's frame on this machine, a telescope's last stack."""

from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.names import parse_light_filename
from crowdsky_tui.fits.messages import Preview

if TYPE_CHECKING:
    from crowdsky_tui.instruments.rig.files import FolderFiles
    from crowdsky_tui.night.interfaces import NightParts
    from crowdsky_tui.progress.situation import Situation


class NewestPicture(msgspec.Struct, frozen=True):
    """`name` tells it from the instrument's other pictures; `at`, aware, is when it was begun.

    `words` say of what it is.
    """

    name: str
    words: str
    at: datetime


async def newest_picture(night: "NightParts", instrument: str) -> NewestPicture | None:
    """The newest one; None where there is none, and for what takes no pictures."""
    if instrument in night.rigs:
        return await _of_rig(night.rigs[instrument].rig.files)
    stacks = [each for each in night.situations() if _is_stack_of(each, instrument)]
    if not stacks:
        return None
    block = max(stacks, key=lambda each: each.block.block_start).block
    order = next(each.order for each in stacks if each.block is block)
    key = block.key
    words = f"{key.target.name}, {key.exposure} {key.filter}"
    return NewestPicture(order.stack_id, clean(words, 80), block.block_start)


async def draw_picture(
    night: "NightParts", instrument: str, name: str, width: int, height: int
) -> Preview:
    """Draw the one of this name into at most `width` × `height` pixels.

    Raises UsageError for a name that the instrument does not have, CrowdSkyError for other trouble.
    """
    if instrument in night.rigs:
        path = await night.rigs[instrument].rig.files.path(name)
        return await night.science.preview(path, width, height)
    for each in night.situations():
        if _is_stack_of(each, instrument) and each.order.stack_id == name:
            target = each.block.key.target
            return await night.services.gallery.picture(target, name, width, height)
    raise UsageError(f"{clean(instrument, 40)} has no such picture")


async def _of_rig(files: "FolderFiles") -> NewestPicture | None:
    newest = await files.newest()
    light = parse_light_filename(PurePosixPath(newest).name) if newest else None
    if light is None:
        return None
    words = f"{light.target}, {light.exposure_s:g} s {light.filter}"
    return NewestPicture(newest, clean(words, 80), light.datetime.replace(tzinfo=UTC))


def _is_stack_of(seen: "Situation", scope: str) -> bool:
    return seen.block.key.target.scope == scope and bool(seen.order.name)
