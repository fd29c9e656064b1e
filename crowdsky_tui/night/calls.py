"""What the app asks of the server and the archive for itself, beside the journalled jobs.

Each call is a record that goes through one door: to `NightErrands` in this process, or over the
agent's socket (`agent.remote`). Importing this imports neither HTTP client nor astropy.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from crowdsky_tui.doctor.check import Check
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.gallery.records import GalleryItem
from crowdsky_tui.progress.requests import Asked
from crowdsky_tui.services.crowdsky.frames import ArchiveFrame
from crowdsky_tui.store.store import StackRow

TargetKey = tuple[str, str]
T = TypeVar("T")


class RawLine(msgspec.Struct, frozen=True):
    """A block of which the sub-frames could be sent, in words.

    `left` says why it is not sent, "" if it is; `doomed` names what an overwrite would delete.
    """

    block_id: str
    label: str
    frames: int
    left: str = ""
    doomed: tuple[str, ...] = ()


class UnsettledLine(msgspec.Struct, frozen=True):
    """Something that was handed over and is not listed, in clean words; `start` of its block."""

    stack_id: str
    scope: str
    target: str
    start: datetime
    label: str
    what: str
    reason: str


class Downloaded(msgspec.Struct, frozen=True):
    """A stack that came back: its path, and what is to be said of it."""

    path: str
    remark: str = ""


class ArchiveAnswer(msgspec.Struct, frozen=True):
    """The archive's frames around a target (degrees, equinox of date), oldest first."""

    ra_deg: float
    dec_deg: float
    frames: tuple[ArchiveFrame, ...]


class _Errand(msgspec.Struct, frozen=True, tag=True):
    """Base of the records."""


class ShowThumbnail(_Errand, frozen=True):
    stack_id: int
    width: int
    height: int


class ListGallery(_Errand, frozen=True):
    target: TargetKey


class ShowPicture(_Errand, frozen=True):
    """`key` is a `GalleryItem`'s; the size is in pixels."""

    target: TargetKey
    key: str
    width: int
    height: int


class DownloadStack(_Errand, frozen=True):
    row: StackRow
    folder: str


class DownloadFrame(_Errand, frozen=True):
    frame_id: int
    folder: str


class SignIn(_Errand, frozen=True):
    username: str
    password: str

    def __repr__(self) -> str:
        return "SignIn(...)"


class PlaceAsked(_Errand, frozen=True):
    """Whether the user has said if coordinates may be published."""


class KeepPlace(_Errand, frozen=True):
    scrub: bool


class PlanRaw(_Errand, frozen=True):
    target: TargetKey
    blocks: tuple[str, ...] | None
    overwrite: bool


class SendRaw(_Errand, frozen=True):
    target: TargetKey
    blocks: tuple[str, ...]
    overwrite: bool


class ListUnsettled(_Errand, frozen=True):
    pass


class Settle(_Errand, frozen=True):
    """`again` sends these once more; else they are waited for as surely accepted."""

    stack_ids: tuple[str, ...]
    again: bool


class SearchArchive(_Errand, frozen=True):
    target: TargetKey


class WatchSky(_Errand, frozen=True):
    """Begin to keep the store's night (sunset to dawn, the Moon, sidereal time) up to date."""


class AskAgain(_Errand, frozen=True):
    """Ask once more for what a cancelled job was to do."""

    job_id: int


class WatchCoverage(_Errand, frozen=True):
    """Begin to look up when each target's tile was last observed."""


class Examine(_Errand, frozen=True):
    """The doctor's round."""


Errand = (
    ShowThumbnail
    | ListGallery
    | ShowPicture
    | DownloadStack
    | DownloadFrame
    | SignIn
    | PlaceAsked
    | KeepPlace
    | PlanRaw
    | SendRaw
    | ListUnsettled
    | Settle
    | SearchArchive
    | AskAgain
    | WatchSky
    | WatchCoverage
    | Examine
)
ACTING = (DownloadStack, DownloadFrame, SignIn, KeepPlace, SendRaw, Settle, AskAgain)
"""Those that change or write something: a copy that only looks on may not ask for them."""
RESULTS: dict[type, Any] = {
    ShowThumbnail: Preview,
    ListGallery: tuple[GalleryItem, ...],
    ShowPicture: Preview,
    DownloadStack: Downloaded,
    DownloadFrame: Downloaded,
    SignIn: str,
    PlaceAsked: bool,
    KeepPlace: str,
    PlanRaw: tuple[RawLine, ...],
    SendRaw: Asked,
    ListUnsettled: tuple[UnsettledLine, ...],
    Settle: Asked,
    SearchArchive: ArchiveAnswer,
    AskAgain: str,
    WatchSky: None,
    WatchCoverage: None,
    Examine: tuple[Check, ...],
}
"""What comes back, for those who have to decode it."""

Door = Callable[[Errand], Awaitable[Any]]


class Errands:
    """The calls, typed. All raise CrowdSkyError; `do` is the door that they go through."""

    def __init__(self, do: Door) -> None:
        self.do = do

    async def thumbnail(self, stack_id: int, width: int, height: int) -> Preview:
        """A stack's picture, fitted into this many pixels. NotFound if it has none."""
        return await _typed(Preview, self.do(ShowThumbnail(stack_id, width, height)))

    async def gallery(self, target: TargetKey) -> tuple[GalleryItem, ...]:
        """A target's stacks on its scope and on the server, newest first."""
        return await _typed(tuple, self.do(ListGallery(target)))

    async def picture(self, target: TargetKey, key: str, width: int, height: int) -> Preview:
        """A small picture of one of the gallery's stacks, fitted into this many pixels."""
        return await _typed(Preview, self.do(ShowPicture(target, key, width, height)))

    async def download(self, row: StackRow, folder: str) -> Downloaded:
        """Fetch a stack of the server's list into a folder; nothing is overwritten."""
        return await _typed(Downloaded, self.do(DownloadStack(row, folder)))

    async def download_frame(self, frame_id: int, folder: str) -> Downloaded:
        """Fetch one frame of the archive, anybody's, by its id. Needs an API key."""
        return await _typed(Downloaded, self.do(DownloadFrame(frame_id, folder)))

    async def sign_in(self, username: str, password: str) -> str:
        """Try a login and keep it if it is taken; returns a plain line. AuthRefused if not."""
        return await _typed(str, self.do(SignIn(username, password)))

    async def place_asked(self) -> bool:
        """Whether the user has said once if coordinates are taken out of uploads."""
        return await _typed(bool, self.do(PlaceAsked()))

    async def keep_place(self, scrub: bool) -> str:
        """Note what the user said: with `scrub` the coordinates are taken out."""
        return await _typed(str, self.do(KeepPlace(scrub)))

    async def plan_raw(
        self, target: TargetKey, blocks: tuple[str, ...] | None = None, overwrite: bool = False
    ) -> tuple[RawLine, ...]:
        """What sending the sub-frames of these blocks (of all: None) would do."""
        return await _typed(tuple, self.do(PlanRaw(target, blocks, overwrite)))

    async def send_raw(
        self, target: TargetKey, blocks: tuple[str, ...], overwrite: bool = False
    ) -> Asked:
        """Queue the sub-frames of these blocks, as far as the plan lets them go."""
        return await _typed(Asked, self.do(SendRaw(target, blocks, overwrite)))

    async def unsettled(self) -> tuple[UnsettledLine, ...]:
        """What was handed over, is not listed, and waits for the user's word."""
        return await _typed(tuple, self.do(ListUnsettled()))

    async def settle(self, stack_ids: tuple[str, ...], *, again: bool) -> Asked:
        """Take the user's word: send these again, or go on waiting. UsageError if none is left."""
        return await _typed(Asked, self.do(Settle(stack_ids, again)))

    async def search_archive(self, target: TargetKey) -> ArchiveAnswer:
        """Everybody's frames around a target. AuthRefused without an API key."""
        return await _typed(ArchiveAnswer, self.do(SearchArchive(target)))

    async def ask_again(self, job_id: int) -> str:
        """Queue what a cancelled job was to do; returns a plain line. UsageError if it cannot."""
        return await _typed(str, self.do(AskAgain(job_id)))

    async def watch_sky(self) -> None:
        """Have the Sun's and the Moon's times kept in the store from now on."""
        await self.do(WatchSky())

    async def watch_coverage(self) -> None:
        """Have the targets' coverage looked up in the background from now on."""
        await self.do(WatchCoverage())

    async def examine(self) -> tuple[Check, ...]:
        """Look at machine, telescopes and server; nothing is changed."""
        return await _typed(tuple, self.do(Examine()))


async def _typed(kind: type[T], answer: Awaitable[Any]) -> T:
    result = await answer
    if not isinstance(result, kind):
        raise TypeError(f"an errand came back as {type(result).__name__}")
    return result
