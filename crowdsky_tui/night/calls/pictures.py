"""Calls that save pictures and films into the user's folder."""

import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.base.threads import to_its_end
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.fits.picture_messages import PictureRequest
from crowdsky_tui.gallery.frames import files_of, frame_of, frames_of
from crowdsky_tui.night.calls.call import SLOW_S, Call
from crowdsky_tui.pictures.film import FilmPlan
from crowdsky_tui.pictures.saving import file_name, free_path, make_folder, save_picture

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

FEWEST = 2


class SavePicture(Call[str], frozen=True):
    """Save a picture of the stack whose `GalleryItem` has this key; a plain line with its path."""

    patience_s: ClassVar[float] = SLOW_S
    target: TargetKey
    key: str
    stretch: int = 1

    async def run(self, night: "NightParts") -> str:
        source = frame_of(night, self.target, self.key)
        folder = night.settings.pictures
        await to_its_end(make_folder, folder)
        path = await to_its_end(free_path, folder, file_name(source.label, ".jpg"))
        with tempfile.TemporaryDirectory(prefix="crowdsky-tui-") as kept:
            file = await files_of(night).bring(source, Path(kept))
            request = PictureRequest(bytes(file), stretch=self.stretch)
            facts = await save_picture(night.science, request, path)
        return clean(f"Saved, {facts.width} × {facts.height}: {path}", 400)


class MakeFilm(Call[str], frozen=True):
    """Queue a film of a target's stacks, of one night (its evening's date) or of all of them."""

    target: TargetKey
    evening: date | None = None

    async def run(self, night: "NightParts") -> str:
        from crowdsky_tui.jobs.kinds.film import FilmOrder

        sources = frames_of(night, [self.target], self.evening)
        name = clean(self.target.name)
        if len(sources) < FEWEST:
            raise UsageError(
                f"there is no film of {name} to be made", f"it takes {FEWEST} stacks or more"
            )
        folder = night.settings.pictures
        await to_its_end(make_folder, folder)
        words = f"{name} {self.evening:%Y-%m-%d}" if self.evening else name
        path = await to_its_end(free_path, folder, file_name(words, ".webp"))
        order = FilmOrder(self.target.scope, self.target.name, sources, str(path), FilmPlan())
        await night.queue.add("film", "film", order)
        return clean(f"A film of {len(sources)} stacks is on its way (job log): {path}", 400)
