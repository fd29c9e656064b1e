"""A film of stacks: each is drawn with the levels that suit all, then they are joined."""

import contextlib
import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import msgspec

from crowdsky_tui.base.errors import CannotWrite, CrowdSkyError, FileDamaged, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.base.threads import to_its_end
from crowdsky_tui.compute.client import Science
from crowdsky_tui.fits.picture_messages import (
    MOST_FILM_BYTES,
    Crop,
    FilmRequest,
    Levels,
    PictureFacts,
    PictureRequest,
)
from crowdsky_tui.pictures.ffmpeg import join_by_ffmpeg
from crowdsky_tui.pictures.saving import finish, make_folder, part_of

SUFFIXES = (".webp", ".mp4")
PATIENCE_S = 600.0
"""For one step of the child: joining hundreds of pictures takes a small machine minutes."""
MOST_FRAMES = 600
LONGEST, SHORTEST = 1080, 160
LOOKING, DRAWING = 0.4, 0.9
"""How far the film is when all frames were looked at, and when all are drawn."""
Tell = Callable[[float, str], None]


class FilmPlan(msgspec.Struct, frozen=True):
    """How a film looks: pictures per second, longer side in pixels; else as `PictureRequest`."""

    per_second: float = 4.0
    longest: int = LONGEST
    stretch: int = 1
    title: str | None = None
    caption: bool = True
    north: bool = False
    crop: Crop | None = None


class Frame(NamedTuple):
    """One picture to be: its name in words, and what brings its file, into a folder if need be."""

    label: str
    bring: Callable[[Path], Awaitable[Path]]


class Film(msgspec.Struct, frozen=True):
    """What came of it: the file, its pictures and their size, and what was left out, and why."""

    path: str
    frames: int
    width: int
    height: int
    left_out: tuple[str, ...] = ()


def check_film_name(path: Path) -> None:
    """Raise UsageError for a name that no film can have, or that lacks the program for it."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{clean(path.name)} is no name of a film", "", "It ends in .webp or .mp4")
    if path.suffix.lower() == ".mp4" and shutil.which("ffmpeg") is None:
        raise UsageError(
            "no .mp4 can be made", "the program ffmpeg is not installed",
            "Install it (apt install ffmpeg), or name a .webp",
        )  # fmt: skip


async def make_film(frames: Sequence[Frame], plan: FilmPlan, path: Path, tell: Tell) -> Film:
    """Make the film `path`; `tell` is called with how far it is (0 to 1) and with words.

    It works in a child process of its own and in a folder beside the film, which goes away
    whatever happens. A frame that cannot be had or read is left out, and told.

    Raises
    ------
    FileDamaged
        If fewer than two frames are usable.
    CannotWrite
        If the folder takes no files.
    UsageError
        If the name is none for a film, or there are too many frames.

    """
    check_film_name(path)
    if len(frames) > MOST_FRAMES:
        raise UsageError(
            f"{len(frames)} pictures are too many for a film", f"{MOST_FRAMES} at most"
        )
    folder = path.with_name(f"{path.name}.parts")
    await to_its_end(_empty_folder, folder)
    science = Science(timeout_s=PATIENCE_S)
    try:
        return await _Making(science, plan, path, folder, tell).make(frames)
    finally:
        await science.close()
        await to_its_end(shutil.rmtree, folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            await to_its_end(part_of(path).unlink, missing_ok=True)


def _empty_folder(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)


class _Making:
    """One film under way."""

    def __init__(
        self, science: Science, plan: FilmPlan, path: Path, folder: Path, tell: Tell
    ) -> None:
        self._science, self._plan, self._path = science, plan, path
        self._folder, self._tell = folder, tell
        self._begun = monotonic()

    async def make(self, frames: Sequence[Frame]) -> Film:
        seen, left_out = await self._look(frames)
        if len(seen) < 2:
            why = "; ".join(left_out[:3]) or "a film needs two"
            raise FileDamaged(f"{len(seen)} of {len(frames)} pictures can be used", why)
        longest = fitting(self._plan.longest, [facts for _, _, facts in seen])
        levels = common_levels([facts.levels for _, _, facts in seen])
        drawn: list[Path] = []
        sizes: list[tuple[int, int]] = []
        for number, (_, file, _) in enumerate(seen):
            share = LOOKING + (DRAWING - LOOKING) * number / len(seen)
            self._say(share, f"drawing {number + 1} of {len(seen)}")
            out = self._folder / f"{number:05d}.png"
            facts = await self._picture(file, longest, levels, out)
            drawn.append(out)
            sizes.append((facts.width, facts.height))
        self._say(DRAWING, f"joining {len(drawn)} pictures")
        width, height = await self._join(drawn, sizes)
        await to_its_end(finish, self._path)
        self._tell(1.0, "")
        return Film(str(self._path), len(drawn), width, height, tuple(left_out))

    async def _look(
        self, frames: Sequence[Frame]
    ) -> tuple[list[tuple[str, Path, PictureFacts]], list[str]]:
        """The frames' files with what is in them, and the sentences of those that have none."""
        seen, left_out = [], []
        for number, frame in enumerate(frames):
            self._say(LOOKING * number / len(frames), f"reading {number + 1} of {len(frames)}")
            try:
                file = await frame.bring(self._folder)
                facts = await self._picture(file, self._plan.longest, None, None)
            except CannotWrite:
                raise
            except CrowdSkyError as error:
                left_out.append(f"{frame.label}: {error}")
            except OSError as error:
                left_out.append(f"{frame.label}: {clean(error.strerror or error)}")
            else:
                seen.append((frame.label, file, facts))
        return seen, left_out

    async def _picture(
        self, file: Path, longest: int, levels: Levels | None, out: Path | None
    ) -> PictureFacts:
        plan = self._plan
        return await self._science.picture(
            PictureRequest(
                os.fsencode(file),
                b"" if out is None else os.fsencode(out),
                "PNG",
                longest=longest,
                stretch=plan.stretch,
                title=plan.title,
                caption=plan.caption,
                north=plan.north,
                crop=plan.crop,
                levels=levels,
            )
        )

    async def _join(self, drawn: list[Path], sizes: list[tuple[int, int]]) -> tuple[int, int]:
        if self._path.suffix.lower() == ".mp4":
            size = (max(wide for wide, _ in sizes), max(high for _, high in sizes))
            return await join_by_ffmpeg(
                self._folder, part_of(self._path), size, self._plan.per_second
            )
        asked = FilmRequest(
            [os.fsencode(each) for each in drawn],
            os.fsencode(part_of(self._path)),
            max(round(1000 / self._plan.per_second), 1),
        )
        found = await self._science.film(asked)
        return found.width, found.height

    def _say(self, share: float, words: str) -> None:
        self._tell(share, f"{words}{time_left(monotonic() - self._begun, share)}")


def time_left(elapsed_s: float, share: float) -> str:
    """`, 1:20 left` once enough is done to tell (a twentieth); else nothing."""
    if share < 0.05:
        return ""
    left = round(elapsed_s * (1 - share) / share)
    return f", {left // 60}:{left % 60:02d} left"


def fitting(longest: int, facts: Sequence[PictureFacts]) -> int:
    """The longer side with which all pictures together take no more than a film may."""
    size = 3 * max(each.width for each in facts) * max(each.height for each in facts) * len(facts)
    share = min((0.9 * MOST_FILM_BYTES / size) ** 0.5, 1.0)
    return max(int(min(longest, max(map(_side, facts))) * share), SHORTEST)


def _side(facts: PictureFacts) -> int:
    return max(facts.width, facts.height)


def common_levels(levels: Sequence[Levels]) -> Levels:
    """The levels in the middle of those of several pictures."""
    middle = len(levels) // 2
    red, green, blue = (sorted(each.black[at] for each in levels)[middle] for at in range(3))
    return Levels((red, green, blue), sorted(each.white for each in levels)[middle])
