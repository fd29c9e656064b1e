"""A Seestar by its own Alpaca server: a rig that is told nothing while its own socket is in use.

Whether the telescope bears both at once is not known.
"""

from collections.abc import Callable
from typing import Any, Protocol

from crowdsky_tui.base.errors import CrowdSkyError, ScopeBusy
from crowdsky_tui.instruments import instructions as told
from crowdsky_tui.instruments.instructions import Instruction
from crowdsky_tui.instruments.interface import Done, Progress
from crowdsky_tui.instruments.rig.instrument import RigInstrument
from crowdsky_tui.instruments.rig.part_instructions import PartInstruction
from crowdsky_tui.instruments.seestar.factory import settled
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.store.store import ScopeState

CLOSED = (ScopeState.OFF, ScopeState.LOGIN_NEEDED, ScopeState.LOGIN_REFUSED)
"""So far one gets where the control socket is closed to us."""


class OtherWay(Protocol):
    """The way by which a Seestar is told things otherwise."""

    async def in_use(self) -> str:
        """Why nothing may be told over Alpaca now, asked now; empty where it may."""


class ControlSocket:
    """The control socket of a Seestar; `make` makes its service, which is closed again."""

    def __init__(self, make: Callable[[], SeestarService]) -> None:
        self._make = make

    async def in_use(self) -> str:
        """Why not: it observes, or in doubt. Empty where it is closed to us, or rests."""
        service = self._make()
        try:
            await service.open()
            await settled(service)
            if service.state in CLOSED:
                return ""
            if service.state is not ScopeState.READY:
                return f"its control socket is {service.state}"
            observing = await service.observing()
            return "" if observing.observing is False else observing.text or "it may be observing"
        except CrowdSkyError as error:
            return str(error)
        finally:
            await service.close()


class SeestarByAlpaca(RigInstrument):
    """Looking is always fine, and so is a stop; anything else waits until `other_way` is free."""

    def __init__(self, *arguments: Any, other_way: OtherWay, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._other_way = other_way

    async def _carry_out(self, instruction: Instruction, on_progress: Progress) -> Done:
        if not isinstance(instruction, told.Stop):
            await self._refuse_in_use()
        return await super()._carry_out(instruction, on_progress)

    async def tell_part(self, part: PartInstruction) -> Done:
        await self._refuse_in_use()
        return await super().tell_part(part)

    async def _refuse_in_use(self) -> None:
        why = await self._other_way.in_use()
        if why:
            raise ScopeBusy(
                f"{self.name} is told nothing over Alpaca now",
                why,
                "Tell it over its own socket, or wait until it rests",
            )
