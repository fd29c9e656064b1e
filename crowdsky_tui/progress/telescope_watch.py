"""Watches the telescopes: keeps each one's line and its targets' folders up to date."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import (
    CrowdSkyError,
    LoginNeeded,
    LoginRefused,
    ScopeTimeout,
    ScopeUnreachable,
)
from crowdsky_tui.base.supervisor import Faults, Supervisor
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.seestar.control.clock_offset import clock_doubt
from crowdsky_tui.instruments.seestar.control.telemetry import nights_left
from crowdsky_tui.instruments.seestar.files.records import LeftOut, TargetBlocks
from crowdsky_tui.progress.situation import TargetFacts
from crowdsky_tui.store.store import LogLine, ScopeState, ScopeView, Severity, Store

if TYPE_CHECKING:
    from crowdsky_tui.instruments.seestar.service import SeestarService, Target

LOOK_EVERY_S = 120.0
SHORTEST_LOOK_S = 3.0
"""Real seconds: a fast demo must not list folders without a pause."""
SAY_AGAIN_S = 1800.0
"""After so long the same trouble is told again."""
OFF_PATIENCE_S = 4.0
CONNECT_PATIENCE_S = 20.0


async def connected(service: "SeestarService") -> None:
    """Wait for it: longer if somebody answers there, since a busy one takes its time."""
    try:
        await service.wait_ready(OFF_PATIENCE_S)
    except (ScopeTimeout, ScopeUnreachable):
        if service.state is ScopeState.OFF:
            raise
        await service.wait_ready(CONNECT_PATIENCE_S)


class ScopeWatch:
    """One telescope's watcher.

    `targets` is what its folders held when last read, `left_out` the folders that seem to hold
    sub-frames and cannot be used.
    """

    def __init__(
        self,
        service: "SeestarService",
        store: Store,
        clock: Clock,
        block_minutes: int,
        on_targets: Callable[[], None],
        faults: Faults | None = None,
    ) -> None:
        self.service = service
        self._supervisor = Supervisor(faults or Faults(self._tell_fault))
        self._store = store
        self._clock = clock
        self._block_minutes = block_minutes
        self._on_targets = on_targets
        self._wake = asyncio.Event()
        self._said, self._said_at = "", 0.0
        self._reading = asyncio.Lock()
        self.targets: Mapping[str, TargetFacts] = {}
        self.left_out: tuple[LeftOut, ...] = ()
        self._clock_doubt = ""
        self._told: frozenset[str] = frozenset()
        self._view = ScopeView(name=service.name, host=service.host)
        service.on_change(self._show)
        self._show()

    @property
    def name(self) -> str:
        """Its name in the settings."""
        return self.service.name

    @property
    def state(self) -> ScopeState:
        """How far one gets with it."""
        return self.service.state

    @property
    def reason(self) -> str:
        """Why it cannot be used; empty if it can."""
        return self.service.reason

    @property
    def stacks(self) -> bool:
        """Whether a block is being stacked on it for us."""
        return self.service.batch_lock.locked()

    async def run(self) -> None:
        """Look again and again, until cancelled; a scope that is away is asked for patiently.

        Whatever one look raises, another follows.
        """
        await self._supervisor.endless(f"the watch of {self.service.name}", self._watch)

    async def _watch(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self.look()
            except CrowdSkyError as error:
                self._say(error)
            else:
                self._said = ""
            pause = max(self._clock.real_seconds(LOOK_EVERY_S), SHORTEST_LOOK_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    def look_soon(self) -> None:
        """Look without waiting for the next time."""
        self._wake.set()

    def tell(self, doing: str, done: str = "") -> None:
        """Show how far the user's action on the telescope is, or how it ended."""
        self._view = msgspec.structs.replace(self._view, doing=doing, done=done)
        self._show()

    async def look(self) -> None:
        """Read the telescope's state and all its folders. Raises DeviceError."""
        async with self._reading:
            await connected(self.service)
            zone = await self.service.scope_zone()
            await self._read_state(zone)
            with contextlib.suppress(ScopeTimeout):  # busy: what was known before stands
                self._clock_doubt = await clock_doubt(self.service, zone, self._clock)
            found: dict[str, TargetFacts] = {}
            targets, folders = await self.service.look_for_targets()
            for target in targets:
                found[target.target] = await self._read_target(target, zone)
            self.targets, self.left_out = found, folders
            self._count_nights()
            self._tell_of_left_out()
        self._on_targets()

    async def look_at(self, target: str) -> None:
        """Read one target's folders again, after something was done there."""
        async with self._reading:
            zone = await self.service.scope_zone()
            for candidate in await self.service.target_folders():
                if candidate.target == target:
                    facts = await self._read_target(candidate, zone)
                    self.targets = {**self.targets, target: facts}
        self._on_targets()

    async def _read_target(self, target: "Target", zone: tzinfo) -> TargetFacts:
        """What its folders hold; what is odd about one target is that one's, and is told of it."""
        read_at = self._clock.now()
        try:
            contents = await self.service.list_blocks(target, self._block_minutes)
        except (ScopeTimeout, ScopeUnreachable, LoginNeeded, LoginRefused):
            raise
        except CrowdSkyError as error:
            problem = f"its folders could not be read: {error}"
            before = self.targets.get(target.target)
            if before is not None:
                return msgspec.structs.replace(before, problem=problem)
            contents = TargetBlocks(target, zone, [], set(), [], {}, [])
        else:
            problem = ""
        return TargetFacts(
            scope=self.service.name,
            serial=self.service.serial,
            telescope=self.service.telescope,
            target=target.target,
            folder=target.folder,
            sub_folder=target.sub_folder,
            zone=zone,
            raw_files=contents.target.raw_files,
            stacked_files=contents.target.stacked_files,
            blocks=tuple(contents.blocks),
            stacks=tuple(contents.stacked),
            doubts=contents.doubts,
            read_at=read_at,
            raw_bytes=contents.target.raw_bytes,
            orphans=len(contents.orphans),
            barred=target.barred,
            clock_doubt=self._clock_doubt,
            problem=problem,
            left_out=contents.left_out,
        )

    def undecided(self) -> list[str]:
        """What of all folders somebody has to look at, in plain lines."""
        lines = [self._clock_doubt] if self._clock_doubt else []
        lines += map(str, self.left_out)
        for facts in self.targets.values():
            lines += facts.undecided()
            if facts.barred and facts.blocks:
                lines.append(f"{clean(facts.target)}: {facts.barred}")
        return lines

    def _tell_of_left_out(self) -> None:
        """One line in the job log for each thing that is left out, when it comes up."""
        lines = self.undecided()
        for line in lines:
            if line not in self._told:
                text = clean(f"{self.service.name}: {line}", 600)
                self._store.add_log(LogLine(self._clock.now(), Severity.WARNING, text))
        self._told = frozenset(lines)

    async def _read_state(self, zone: tzinfo) -> None:
        facts = await self.service.facts()
        observing = await self.service.observing()
        self._view = msgspec.structs.replace(
            self._view,
            model=facts.model,
            firmware=facts.firmware,
            battery_percent=facts.battery_percent,
            charging=facts.charging,
            temperature_c=facts.temperature_c,
            free_gb=None if facts.free_mb is None else facts.free_mb / 1000,
            zone=str(zone),
            observing=observing.observing,
            activity=observing.text,
        )
        self._show()

    def _count_nights(self) -> None:
        """For how many nights there is room, by what the last week's nights wrote."""
        written = [
            (block.block_start, int(facts.raw_bytes / facts.raw_files * block.frame_count))
            for facts in self.targets.values()
            if facts.raw_files
            for block in facts.blocks
        ]
        free_gb = self._view.free_gb
        nights = nights_left(
            None if free_gb is None else free_gb * 1000, written, self._clock.now()
        )
        self._view = msgspec.structs.replace(self._view, nights_left=nights)
        self._show()

    def _show(self) -> None:
        self._view = msgspec.structs.replace(
            self._view,
            serial=self.service.serial,
            host=self.service.host,
            state=self.service.state,
            reason="" if self.service.state is ScopeState.READY else self.service.reason,
        )
        self._store.set_scope(self._view)

    def _tell_fault(self, text: str) -> None:
        self._store.add_log(LogLine(self._clock.now(), Severity.ERROR, text))

    def _say(self, error: CrowdSkyError) -> None:
        """Tell a trouble when it comes up, and again after `SAY_AGAIN_S` of it."""
        severity = Severity.WARNING if isinstance(error, ScopeUnreachable) else Severity.ERROR
        text, now = f"{self.service.name}: {error}", self._clock.steady()
        if text != self._said or now - self._said_at > SAY_AGAIN_S:
            self._said, self._said_at = text, now
            self._store.add_log(LogLine(self._clock.now(), severity, text))
