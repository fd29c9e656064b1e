"""Makes what watches the instruments of the settings: one watch for each telescope and each rig."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from crowdsky_tui.base.supervisor import Faults
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.instrument_settings import InstrumentSettings
from crowdsky_tui.config.load import Settings
from crowdsky_tui.instruments.seestar.connection.capabilities import CapabilityBook
from crowdsky_tui.instruments.seestar.factory import make_service
from crowdsky_tui.night.dew_heater import DewHeater
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
    chosen = [each for each in settings.instruments if not each.scope]
    return {each.name: _rig_watch(each, night, science) for each in chosen}


def _rig_watch(each: InstrumentSettings, night: "NightParts", science: Science) -> RigWatch:
    from crowdsky_tui.instruments.rig.factory import make_rig
    from crowdsky_tui.instruments.rig.shutter import Shutter

    own = [device for device in night.settings.devices if device.instrument == each.name]
    dome = [device for device in own if device.role == "dome"]
    rig = make_rig(each.name, night.settings, night.clock, science)
    heater = DewHeater(rig, night) if each.dew_heater == "auto" else None
    return RigWatch(rig, night, Shutter(dome) if dome else None, heater)
