"""Calls about one frame of the archive: of what it consists, its headers, its pictures."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, ParamSpec, TypeVar

import msgspec

from crowdsky_tui.archive.frame import Frame, FrameKey, FramePart
from crowdsky_tui.base.errors import CannotWrite, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.base.threads import to_its_end
from crowdsky_tui.fits.messages import HeaderFacts, Preview
from crowdsky_tui.night.archive_list import frames_of
from crowdsky_tui.night.calls.call import SLOW_S, Call
from crowdsky_tui.services.telescope_org.zip_members import member_names, unpack_member

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

P = ParamSpec("P")
T = TypeVar("T")

ALL_COLOURS = "all colours"
HIDDEN = ("expected_size", "pixel")


class ListParts(Call[tuple[FramePart, ...]], frozen=True):
    """The pictures of a frame on this machine: a cube's planes, a zip's members, or the one."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    key: FrameKey

    async def run(self, night: "NightParts") -> tuple[FramePart, ...]:
        _, path = await _here(night, self.key)
        if path.suffix == ".zip":
            names = await _read(member_names, path)
            return tuple(FramePart(clean(Path(name).name, 60), member=name) for name in names)
        return parts_of((await night.science.inspect(path)).header)


class ShowFrame(Call[Preview], frozen=True):
    """A picture of a frame that is on this machine, or of one of its parts."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    key: FrameKey
    width: int
    height: int
    stretch: int = 1
    plane: int | None = None
    member: str = ""

    async def run(self, night: "NightParts") -> Preview:
        async with _picture_file(night, self.key, self.member) as (_, path):
            return await night.science.preview(
                path, self.width, self.height, stretch=self.stretch, plane=self.plane
            )


class ReadHeader(Call[tuple[tuple[str, str], ...]], frozen=True):
    """What the header of a frame on this machine says, and its bytes and their SHA-256.

    `member` names the one of a zip's frames that is meant.
    """

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    key: FrameKey
    member: str = ""

    async def run(self, night: "NightParts") -> tuple[tuple[str, str], ...]:
        async with _picture_file(night, self.key, self.member) as (frame, path):
            facts = await night.science.inspect(path)
        told = {
            "file": frame.path, "member": self.member, "bytes": f"{facts.size:,}",
            "SHA-256": facts.sha256, **msgspec.structs.asdict(facts.header),
        }  # fmt: skip
        return tuple(
            (name.replace("_", " "), clean(value, 200))
            for name, value in told.items()
            if value not in (None, "") and name not in HIDDEN
        )


def parts_of(header: HeaderFacts) -> tuple[FramePart, ...]:
    """All colours of a picture, then each of its planes by the filter that its header names."""
    whole = FramePart(ALL_COLOURS)
    if header.planes != 3:
        return (FramePart(clean(header.filter, 20) or "the picture"),)
    names = [name.strip() for name in header.filter.split(",")]
    if len(names) != header.planes or not all(names):
        names = ["red", "green", "blue"]
    return (whole, *(FramePart(clean(name, 20), plane) for plane, name in enumerate(names)))


async def _here(night: "NightParts", key: FrameKey) -> tuple[Frame, Path]:
    (frame,) = await frames_of(night, (key,))
    path = Path(frame.path)
    if not (frame.here and await asyncio.to_thread(path.is_file)):
        raise UsageError(f"{clean(frame.target, 40)} is not on this machine", "", "Fetch it first.")
    return frame, path


@asynccontextmanager
async def _picture_file(
    night: "NightParts", key: FrameKey, member: str
) -> AsyncIterator[tuple[Frame, Path]]:
    """The frame and a FITS file of it; a zip's member is unpacked for as long as it is used."""
    frame, path = await _here(night, key)
    if path.suffix != ".zip":
        yield frame, path
        return
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="crowdsky-tui-")
    try:
        yield frame, await _read(unpack_member, path, member, Path(folder.name))
    finally:
        await to_its_end(folder.cleanup)


async def _read(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return await to_its_end(work, *args, **kwargs)
    except OSError as error:
        raise CannotWrite("the zip was not opened", error.strerror or "") from error
