"""Makes what watches the instruments of the settings: one watch for each telescope and each rig."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from crowdsky_tui.base.supervisor import Faults
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.load import Settings
from crowdsky_tui.instruments.seestar.connection.capabilities import CapabilityBook
from crowdsky_tui.instruments.seestar.factory import make_service
from crowdsky_tui.night.rig_watch import RigWatch
from crowdsky_tui.progress.telescope_watch import ScopeWatch

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


def make_scope_watches(
    night: "NightParts", book: CapabilityBook, on_targets: Callable[[], None], faults: Faults
) -> dict[str, ScopeWatch]:
    """The Seestars of `[[scopes]]`, by name."""
    at_hand = (night.clock, night.science, book, faults)
    services = [make_service(each, night.settings, *at_hand) for each in night.settings.scopes]
    shown = (night.store, night.clock, night.settings.stacking.block_minutes)
    return {service.name: ScopeWatch(service, *shown, on_targets, faults) for service in services}


def make_rig_watches(night: "NightParts", science: Science) -> dict[str, RigWatch]:
    """The rigs of `[[instruments]]`, by name; none for what is a Seestar by another way."""
    settings: Settings = night.settings
    names = [each.name for each in settings.instruments if not each.scope]
    if not names:
        return {}
    from crowdsky_tui.instruments.rig.factory import make_rig

    return {name: RigWatch(make_rig(name, settings, night.clock, science), night) for name in names}
