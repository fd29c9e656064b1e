"""The doctor at one telescope: asks it for everything that can make a night useless."""

from collections.abc import Awaitable
from typing import TypeVar

from crowdsky_tui.base.errors import CommandRefused, CrowdSkyError
from crowdsky_tui.doctor.check import Check, fail, ok
from crowdsky_tui.doctor.checks import (
    check_arm,
    check_features,
    check_filter,
    check_observing,
    check_offset,
    check_power,
    check_room,
    check_stack_settings,
)
from crowdsky_tui.doctor.work_checks import (
    check_folders,
    check_left_out,
    check_names,
    check_orphans,
)
from crowdsky_tui.instruments.seestar.control.camera_settings import read_filter
from crowdsky_tui.instruments.seestar.control.clock_offset import clock_offset
from crowdsky_tui.instruments.seestar.control.plans import read_place
from crowdsky_tui.instruments.seestar.control.telemetry import Telemetry, read_telemetry
from crowdsky_tui.progress.running_night import RunningNight
from crowdsky_tui.progress.telescope_watch import ScopeWatch

CONNECT_PATIENCE_S = 20.0
ROOM_FIX = "'crowdsky-tui clean' makes room with what is proved on the server"
T = TypeVar("T")


async def examine_scope(night: RunningNight, watch: ScopeWatch) -> list[Check]:
    """Reachability and login first: without them there is nothing else to see."""
    service = watch.service
    try:
        await service.wait_ready(CONNECT_PATIENCE_S)
        await watch.look()
        return await _look_closely(night, watch)
    except CrowdSkyError as error:
        what = f"{service.state.value}: {error.what}"
        text = f"{what}: {error.why}" if error.why else what
        return [fail(service.name, text, error.next_step or "Check its power and its network")]


async def _look_closely(night: RunningNight, watch: ScopeWatch) -> list[Check]:
    """What a firmware refuses to tell is not known; the rest is looked at all the same."""
    service = watch.service
    name, view = service.name, night.store.scopes[service.name]
    telemetry = await _or_none(read_telemetry(service)) or Telemetry()
    zone = await service.scope_zone()
    offset = await _or_none(clock_offset(service, zone, night.clock))
    settings = await _or_none(service.call("get_setting"))
    filter_name = await _or_none(read_filter(service))
    folders = await service.target_folders()
    only_in = {each.target: each.only_in for each in folders if each.only_in}
    targets = list(watch.targets.values())
    lost = [line for facts in targets for line in facts.lost()]
    return [
        ok(name, f"{view.model} {view.serial}, firmware {view.firmware}, {service.state.value}"),
        check_offset(name, offset, str(zone)),
        *check_stack_settings(name, settings),
        *check_filter(name, filter_name),
        *check_features(name, service.capabilities),
        *check_observing(name, observing=view.observing, activity=view.activity),
        *check_arm(name, telemetry.arm, observing=view.observing, sun_deg=await _sun(night, watch)),
        *check_power(
            name,
            telemetry.battery_percent,
            charging=telemetry.charging,
            wifi_dbm=telemetry.wifi_dbm,
        ),
        check_room(f"{name} room", view.free_gb, view.nights_left, ROOM_FIX),
        check_folders(name, targets, only_in),
        *check_left_out(name, [*watch.undecided(), *lost]),
        *check_names(name, targets),
        *check_orphans(name, targets),
    ]


async def _or_none(question: Awaitable[T]) -> T | None:
    try:
        return await question
    except CommandRefused:
        return None


async def _sun(night: RunningNight, watch: ScopeWatch) -> float | None:
    """The Sun's altitude in degrees where the telescope stands; None if its place is not known."""
    try:
        place = await read_place(watch.service)
        if place is None:
            return None
        return await night.science.sun_altitude(place, night.clock.now())
    except CrowdSkyError:  # a place or an altitude that nobody tells is not known
        return None
