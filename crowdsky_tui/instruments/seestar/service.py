"""`SeestarService`: one telescope as the rest of the program knows it."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path

import msgspec

from crowdsky_tui.base.clock import Clock, zone_named
from crowdsky_tui.base.errors import (
    CommandRefused,
    DeviceError,
    NotFoundOnScope,
    ScopeTimeout,
    ScopeUnreachable,
)
from crowdsky_tui.base.supervisor import Faults
from crowdsky_tui.blocks import check_block_minutes, one_form
from crowdsky_tui.instruments.read_only import refuse_if_read_only
from crowdsky_tui.instruments.seestar.connection.auth import KeyFile
from crowdsky_tui.instruments.seestar.connection.capabilities import Capabilities, CapabilityBook
from crowdsky_tui.instruments.seestar.connection.guard import only_reads
from crowdsky_tui.instruments.seestar.connection.rpc import COMMAND_TIMEOUT_S
from crowdsky_tui.instruments.seestar.connection.telescope_link import HostSearch, ScopeLink
from crowdsky_tui.instruments.seestar.connection.wire import NO_PARAMS, Event
from crowdsky_tui.instruments.seestar.control.state import (
    STATE_KEYS,
    Observing,
    ScopeFacts,
    facts_from_state,
    observing_from_view,
    section,
    text_of,
)
from crowdsky_tui.instruments.seestar.files.files import RemoteFile, ScopeFiles
from crowdsky_tui.instruments.seestar.files.listing import ScopeListing
from crowdsky_tui.instruments.seestar.files.marks import Copy, ScopeMarks, this_copy
from crowdsky_tui.instruments.seestar.files.name_times import ExposureTimes
from crowdsky_tui.instruments.seestar.files.records import (
    HeaderReader,
    LeftOut,
    Target,
    TargetBlocks,
)
from crowdsky_tui.instruments.seestar.files.targets import (
    count_fits,
    doubtful_frames,
    files_left_out,
    light_frames,
    pair_folders,
    survey,
    why_barred,
)
from crowdsky_tui.store.store import ScopeState

__all__ = ["SeestarService", "Target", "TargetBlocks"]

STATE_TIMEOUT_S = 30.0  # the full state can take 10 s and more while the telescope images


class SeestarService:
    """One telescope: its command socket, its files, its zone.

    `name` is ours for it. `zone` from the settings overrides what the telescope says; `serial`,
    `key_file`, `book` and `find_host` are for its connection (see `ScopeLink`). With `read_only`
    commands that change something are refused. `copy` is who we are in `marks`. `open` starts
    connecting in the background; `close` ends the connection and closes `files`.
    """

    def __init__(  # noqa: PLR0913 - what it is made of, and limits by name
        self,
        name: str,
        host: str,
        rpc_port: int,
        files: ScopeFiles,
        clock: Clock,
        science: HeaderReader,
        *,
        zone: tzinfo | None = None,
        serial: str = "",
        key_file: KeyFile | None = None,
        book: CapabilityBook | None = None,
        find_host: HostSearch | None = None,
        read_only: bool = False,
        faults: Faults | None = None,
        copy: Copy | None = None,
    ) -> None:
        self.name = name
        self.files = files
        self.clock = clock
        self.science = science
        self.batch_lock = asyncio.Lock()
        self.marks = ScopeMarks(name, files, clock, copy or this_copy(Path()))
        self._read_only = read_only
        self._zone_setting = zone
        self._zone: tzinfo | None = None
        self._exposures = ExposureTimes(self)
        self._link = ScopeLink(
            host,
            rpc_port,
            key_file or KeyFile(),
            self.batch_lock.locked,
            serial=serial,
            book=book,
            find_host=find_host,
            faults=faults,
        )
        self._link.on_move = files.move_to
        self._listing = ScopeListing(name, files, self._link.rpc)

    async def open(self) -> None:
        """Start connecting; `wait_ready` tells when, `state` and `reason` how far."""
        self._link.open()

    async def close(self) -> None:
        """End everything that runs for this telescope; nothing is left in the loop."""
        async with contextlib.AsyncExitStack() as last_first:
            last_first.push_async_callback(self.files.close)
            last_first.push_async_callback(self._link.close)

    @property
    def host(self) -> str:
        """Its present address; empty while it has not been found."""
        return self._link.rpc.host

    @property
    def state(self) -> ScopeState:
        """The state of the connection."""
        return self._link.state

    @property
    def reason(self) -> str:
        """Why it is not ready, and what to do about it; empty when it is."""
        return self._link.reason

    @property
    def capabilities(self) -> Capabilities:
        """What its firmware has answered to which command."""
        return self._link.capabilities

    @property
    def known(self) -> ScopeFacts:
        """The latest facts, without asking; empty before the first connection."""
        return self._link.facts

    @property
    def serial(self) -> str:
        """The serial number; empty until the telescope has said it."""
        return self.known.serial

    @property
    def model(self) -> str:
        """The model; empty until the telescope has said it."""
        return self.known.model

    @property
    def firmware_int(self) -> int | None:
        """2775 for 7.75; None where the telescope did not say."""
        return self.known.firmware_int

    @property
    def telescope(self) -> str:
        """`S50_a3497936`, as in its files' TELESCOP; empty before the first connection."""
        return self.known.telescope

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call back, on the loop, when state, reason or facts have changed."""
        self._link.on_change(callback)

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call back with each event; returns how to stop that."""
        return self._link.rpc.subscribe(callback)

    async def wait_ready(self, timeout: float | None = None) -> None:
        """Wait until it answers, at most `timeout` real seconds.

        Raises LoginNeeded, LoginRefused, ScopeTimeout or ScopeUnreachable.
        """
        await self._link.rpc.wait_ready(timeout)

    async def call(
        self, method: str, params: object = NO_PARAMS, timeout: float = COMMAND_TIMEOUT_S
    ) -> object:
        """Send one command; see `RpcConnection.call`. ReadOnlyMode if it would change something."""
        if not only_reads(method):
            refuse_if_read_only(read_only=self._read_only, doing=f"{self.name}: {method}")
        return await self._link.rpc.call(method, params, timeout)

    async def facts(self) -> ScopeFacts:
        """Who and how it is, asked now; what was known before where it is too busy to answer."""
        try:
            state = await self.call("get_device_state", {"keys": STATE_KEYS}, STATE_TIMEOUT_S)
        except ScopeTimeout:
            if not self.serial:
                raise
        else:
            self._link.learn(facts_from_state(state))
        await self._link.look_for_batch()
        return self.known

    async def observing(self) -> Observing:
        """Whether it is imaging; `observing` is None where it could not be asked."""
        try:
            return observing_from_view(await self.call("get_view_state"))
        except DeviceError as error:
            return Observing(None, f"not known: {error.what}")

    async def scope_zone(self) -> tzinfo:
        """The zone of the clock that its file names were written by.

        From the settings, or as the telescope says; DeviceError if neither tells.
        """
        if self._zone_setting is not None:
            return self._zone_setting
        try:
            said = text_of(section(await self.call("pi_get_time")), "time_zone")
            self._zone = zone_named(said)
        except (CommandRefused, ValueError) as error:
            raise DeviceError(
                f"the time zone of {self.name} is not known",
                str(error),
                'Set zone = "Area/City" for this scope in the settings',
            ) from error
        except (ScopeTimeout, ScopeUnreachable):
            if self._zone is None:
                raise
        return self._zone

    async def list_folders(self) -> list[str]:
        """Names below MyWorks, by the share and the albums together."""
        return list((await self._listing.folders()).names)

    async def list_folder(self, folder: str) -> list[RemoteFile]:
        """The files in `MyWorks/<folder>`; NotFoundOnScope if there is none."""
        return await self._listing.list(folder)

    async def target_folders(self) -> list[Target]:
        """`list_targets` without the counts: one listing instead of one per folder."""
        return (await self.look_for_targets())[0]

    async def look_for_targets(self) -> tuple[list[Target], tuple[LeftOut, ...]]:
        """The targets without counts, and the folders of sub-frames that cannot be used."""
        union = await self._listing.folders()
        targets = [
            msgspec.structs.replace(target, barred=why_barred(target, self.files.refuses))
            for target in pair_folders(union.names, union.only_in)
        ]
        return targets, union.left_out

    async def list_targets(self) -> list[Target]:
        """Targets that have sub-frames; one whose main folder is missing has 0 stacked files."""
        targets = []
        for target in await self.target_folders():
            raw = await self._files_in(target.sub_folder)
            stacked = await self._files_in(target.folder)
            targets.append(_counted(target, raw, stacked))
        return targets

    async def find_target(self, target: "str | Target") -> Target:
        """The target of this name, with its folders but counts of 0; NotFoundOnScope if unknown."""
        if isinstance(target, Target):
            return target
        for found in await self.target_folders():
            if one_form(found.target) == one_form(target):
                return found
        raise NotFoundOnScope(
            f"{self.name} has no target {target!r}",
            "there is no folder of sub-frames of that name",
            "Compare with the list of targets",
        )

    async def list_blocks(self, target: "str | Target", block_minutes: int = 15) -> TargetBlocks:
        """All blocks of a target with what covers them.

        Sub-frames in the hour that summer time's end repeats are told apart by their DATE-OBS; a
        block where that failed stays `ambiguous`. `doubts` tells the nights whose names and
        headers disagree (see `nametimes`).
        """
        check_block_minutes(block_minutes, for_keys=True)
        found = await self.find_target(target)
        zone = await self.scope_zone()
        raw, unusable = await self._contents_of(found.sub_folder)
        stacked = await self._files_in(found.folder)
        frames = await asyncio.to_thread(light_frames, raw)
        doubtful = await asyncio.to_thread(doubtful_frames, frames, zone)
        names = [frame.filename for frame in doubtful]
        date_obs = await self._exposures.read(found, names)
        counted = _counted(found, raw, stacked)
        known = await asyncio.to_thread(
            survey, counted, frames, stacked, date_obs, zone, block_minutes
        )
        doubts = await self._exposures.doubts(found, known.blocks, known.is_covered)
        left_out = await asyncio.to_thread(files_left_out, found, raw, unusable, stacked)
        return msgspec.structs.replace(known, doubts=doubts, left_out=left_out)

    async def _files_in(self, folder: str) -> list[RemoteFile]:
        return (await self._contents_of(folder))[0]

    async def _contents_of(self, folder: str) -> tuple[list[RemoteFile], tuple[str, ...]]:
        """The files of a folder and the names that cannot be used; none if there is no folder."""
        try:
            contents = await self._listing.read(folder)
        except NotFoundOnScope:
            return [], ()
        return contents.files, contents.unusable


def _counted(target: Target, raw: list[RemoteFile], stacked: list[RemoteFile]) -> Target:
    return msgspec.structs.replace(
        target,
        raw_files=count_fits(raw),
        stacked_files=count_fits(stacked),
        raw_bytes=sum(file.size for file in raw),
    )
