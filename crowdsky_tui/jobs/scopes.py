"""The telescopes that jobs work with, by name."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from crowdsky_tui.base.errors import DeviceError, ReadOnlyMode
from crowdsky_tui.instruments.read_only import refuse_if_read_only
from crowdsky_tui.jobs.engine.queue import Later
from crowdsky_tui.jobs.kinds import known_kind
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.store.store import ScopeState

if TYPE_CHECKING:
    from crowdsky_tui.instruments.seestar.files.marks import ScopeMarks
    from crowdsky_tui.instruments.seestar.service import SeestarService

LOOK_AGAIN_S = 30.0


def refuse_kind(kind: str, *, read_only: bool) -> None:
    """Raise ReadOnlyMode for a kind of job that a read-only run must not ask for."""
    known = known_kind(kind)
    if known is not None and known.changes_instrument:
        refuse_if_read_only(read_only=read_only, doing=known.doing)


class OnScope(Protocol):
    """What a job on a telescope says of it: its name in the settings, and its serial."""

    @property
    def scope(self) -> str:
        """The telescope's name."""

    @property
    def serial(self) -> str:
        """Its serial; empty for whichever has the name."""


class Rig(Protocol):
    """What is asked of whoever watches a rig (`night.rig_watch.RigWatch`)."""

    @property
    def state(self) -> ScopeState:
        """How far one gets with it."""

    @property
    def reason(self) -> str:
        """Why it cannot be used; empty if it can."""


class Scopes:
    """Finds the service of an order and makes sure that it is the telescope that was meant.

    `rigs` are the instruments that no service belongs to: they can only be told.
    """

    def __init__(
        self,
        services: "Mapping[str, SeestarService]",
        rigs: Mapping[str, Rig] | None = None,
        *,
        read_only: bool = False,
    ) -> None:
        self._services = services
        self._rigs = rigs or {}
        self._read_only = read_only

    def marks_of(self, order: Order) -> "ScopeMarks | None":
        """The marks on the telescope that a stack is from, by its serial; None while it is away."""
        for service in self._services.values():
            if order.serial and service.serial == order.serial and service.state.usable:
                return service.marks
        return None

    async def ready_for_instruction(self, order: OnScope, lane: str) -> None:
        """Come back if a telescope or a rig can be told something by a job now.

        Raises Later while it is away or this run is read-only, DeviceError if it is another.
        """
        rig = self._rigs.get(order.scope)
        if rig is None:
            await self.ready_to_change(order, lane)
            return
        self._refuse_read_only(order)
        if not rig.state.usable:
            why = f"{order.scope}: {rig.reason or rig.state}"
            raise Later(LOOK_AGAIN_S, why, lane=lane)

    async def ready_to_change(self, order: OnScope, lane: str) -> "SeestarService":
        """`ready`, for a job that changes the telescope: a read-only run lets it wait."""
        self._refuse_read_only(order)
        return await self.ready(order, lane)

    def _refuse_read_only(self, order: OnScope) -> None:
        try:
            refuse_if_read_only(read_only=self._read_only, doing=f"work on {order.scope}")
        except ReadOnlyMode as refused:
            raise Later(LOOK_AGAIN_S, f"waits for a run that may: {refused.why}") from refused

    async def ready(self, order: OnScope, lane: str = "") -> "SeestarService":
        """The connected service. Raises Later while it is away, DeviceError if it is another.

        `lane` is the one that need not be tried meanwhile.
        """
        service = self._services.get(order.scope)
        if service is None:
            raise DeviceError(
                f"{order.scope} is not in the settings",
                "the job is from an earlier run",
                "Add the scope again, or cancel the job",
            )
        if not service.state.usable:
            why = f"{order.scope}: {service.reason or service.state}"
            raise Later(LOOK_AGAIN_S, why, lane=lane)
        if order.serial and service.serial != order.serial:
            raise DeviceError(
                f"{order.scope} is another telescope now",
                f"its serial is {service.serial}, the job is for {order.serial}",
                "Correct the scope's address in the settings",
            )
        return service
