"""The telescopes that jobs work with, by name."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from crowdsky_tui.errors import DeviceError
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.jobs.queue import Later

if TYPE_CHECKING:
    from crowdsky_tui.device.service import SeestarService

LOOK_AGAIN_S = 30.0


class Scopes:
    """Finds the service of an order and makes sure that it is the telescope that was meant."""

    def __init__(self, services: "Mapping[str, SeestarService]") -> None:
        self._services = services

    async def ready(self, order: Order, lane: str = "") -> "SeestarService":
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
