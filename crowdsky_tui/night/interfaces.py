"""`NightInterface`: what front ends use of a night. `NightParts`: what the rooms below it may use.

`Night` is both; `agent.client.RemoteNight` is the first for an app that attends another's night.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from crowdsky_tui.archive.frames import Frames
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.config.load import Settings
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.progress.running_night import RunningNight
from crowdsky_tui.review.stack_review import StackReview
from crowdsky_tui.store.store import JobView, Store

if TYPE_CHECKING:
    from crowdsky_tui.instruments.seestar.connection.discovery import Found
    from crowdsky_tui.night.automatic.runner import Automatic
    from crowdsky_tui.night.background.conditions import ConditionsWatch
    from crowdsky_tui.night.background.night_records import NightRecords
    from crowdsky_tui.night.calls.call import Call
    from crowdsky_tui.night.rig_watch import RigWatch
    from crowdsky_tui.night.services import NightServices
    from crowdsky_tui.night.telescope_org import TelescopeOrgAccount
    from crowdsky_tui.night.telescope_session import Sessions
    from crowdsky_tui.progress.requests import PlanLine, RequestOutcome

R = TypeVar("R")


class TelescopeSetup(Protocol):
    """Finding telescopes and keeping them: `telescope_setup.ScopeSetup`."""

    @property
    def first_start(self) -> bool:
        """Whether no telescope is set yet."""

    @property
    def here(self) -> bool:
        """Whether the settings are of this process, not of an agent's."""

    async def find(self) -> "tuple[Found, ...]":
        """The telescopes that answer in this network."""

    async def find_at(self, host: str) -> "Found":
        """The telescope at an address or name; without serial number where nobody answers."""

    async def keep(self, chosen: "Iterable[Found]", folders: Mapping[str, str]) -> str:
        """Write the chosen ones into the settings; a sentence that says so.

        `folders` are by serial.
        """


class NightInterface(Protocol):
    """A night as app, agent and recorder see it, whoever does its work.

    What happens is read in the `store`; whatever is wanted is a call.
    """

    @property
    def store(self) -> Store:
        """What is known now, and who follows it."""

    @property
    def clock(self) -> Clock:
        """The clock of the night, which may be simulated."""

    @property
    def settings(self) -> Settings:
        """The settings that it works by."""

    @property
    def badge(self) -> str:
        """What the top line says of an unusual night; empty for a real one."""

    @property
    def setup(self) -> TelescopeSetup:
        """How telescopes are found and kept."""

    async def open(self) -> None:
        """Open the journal, or connect to the agent."""

    async def start(self) -> None:
        """Begin to watch the telescopes and to do the jobs."""

    async def close(self) -> None:
        """End everything; jobs go on when it is opened again."""

    async def do(self, call: "Call[R]") -> R:
        """Do what is asked for; the result is of the call's type."""

    def unfinished(self) -> tuple[JobView, ...]:
        """The jobs that are not over yet, oldest first."""


class NightParts(RunningNight, Protocol):
    """The parts of a running night, and the few things that may be asked of it from below."""

    rigs: "dict[str, RigWatch]"
    review: StackReview
    config_path: Path | None
    sessions: "Sessions"
    automatic: "Automatic"
    services: "NightServices"
    records: "NightRecords"
    conditions: "ConditionsWatch"
    telescope_org: "TelescopeOrgAccount"
    frames: Frames

    async def use_settings(self, settings: Settings) -> None:
        """Work by these settings from now on."""

    def refresh_soon(self, scope: str | None = None) -> None:
        """Look at a telescope soon, or at all of them."""

    async def add_orders(
        self, kind: str, goal: str, orders: Sequence[Order]
    ) -> list[tuple[int, bool]]:
        """Queue a job of this kind for each order; their numbers, and whether each is new."""

    async def stack_orders(
        self, orders: Sequence[Order], *, goal: str = "stack"
    ) -> "RequestOutcome":
        """Ask for a stack of each of these blocks; `goal` says how far it goes from there."""

    async def upload(self, targets: Sequence[TargetKey] | None = None) -> "RequestOutcome":
        """Ask for the sending of what is stacked of these targets, or of all."""

    async def raw_upload(self, orders: Sequence[Order]) -> "RequestOutcome":
        """Ask for the sending of these blocks' sub-frames."""

    async def dry_run(self, targets: Sequence[TargetKey] | None = None) -> "tuple[PlanLine, ...]":
        """What would be done for these targets, or for all."""

    async def cancel(self, job_id: int) -> str:
        """Cancel a job; a sentence that says what became of it."""
