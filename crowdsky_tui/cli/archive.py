"""The archive of everybody's frames, for the verbs that ask it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crowdsky_tui.night.night import Night
    from crowdsky_tui.services.crowdsky.archive import Archive


@asynccontextmanager
async def opened_archive(night: "Night") -> AsyncIterator["Archive"]:
    """The archive with the settings' key, closed at the end."""
    from crowdsky_tui.night.sign_in import archive_of

    archive = archive_of(night.settings, night.science)
    try:
        yield archive
    finally:
        await archive.close()
