"""All stand-ins of one night together: telescopes, server, one clock, and the app's settings."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.supervisor import Supervisor
from crowdsky_tui.database.database import Database
from crowdsky_tui.simulator.crowdsky.faults import parse_fault
from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn
from crowdsky_tui.simulator.demo_field import CATALOGUE, write_catalogue, write_project
from crowdsky_tui.simulator.demo_targets import write_targets
from crowdsky_tui.simulator.dusk import BEGIN, CLOUDS, Phone, dusk_settings, nova_sources
from crowdsky_tui.simulator.earlier_records import plant
from crowdsky_tui.simulator.live import LiveSession
from crowdsky_tui.simulator.night_folder import (
    DOWNLOADS,
    PLANTED,
    STATE_FOLDER,
    read_marker,
    start_clock,
    write_config,
    write_marker,
)
from crowdsky_tui.simulator.options import SimulateOptions
from crowdsky_tui.simulator.script import LAST_SESSION, MIDDLE, MORNING_AFTER, SERIALS
from crowdsky_tui.simulator.scripted_night import Camera, picture_shape, write_night
from crowdsky_tui.simulator.seestar.login import PublicKey, make_key
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn
from crowdsky_tui.simulator.sensors.kinds import SensorKind
from crowdsky_tui.simulator.sensors.night_sensors import NightSensors
from crowdsky_tui.simulator.sensors.troubles import parse_trouble
from crowdsky_tui.simulator.telescope_org.server import TelescopeOrgStandIn
from crowdsky_tui.simulator.variable_stars import FIELD

SERVER_FOLDER = "crowdsky-server"
APP_FOLDER = "crowdsky-tui"
KEY_FILE = "seestar.pem"
ELEVATION_M = 171.0
DEMO_STAR = ("CH Cyg", "19:24:33.07 +50:14:29.10")
DEMO_FILTERS = ("B", "V")
ENOUGH_TO_COMPARE = 5
"""Stacks of one kind with which each has enough others beside it to be graded."""


@contextlib.asynccontextmanager
async def ensemble(options: SimulateOptions, root: Path) -> AsyncIterator[dict[str, Any]]:
    """Start everything, yield what the ready line says, stop everything.

    A folder that holds the same night already is taken as it is, and its clock carries on.
    UsageError if it holds another night or a port is taken.
    """
    profile = Profile(
        firmware=options.firmware,
        model=f"Seestar {options.model}",
        login=options.login,
        seconds_per_frame=options.seconds_per_frame,
    )
    fresh = await asyncio.to_thread(read_marker, root, options) is None
    present = await asyncio.to_thread(_prepare, options, root, profile)
    clock = start_clock(present, options.speed)
    await asyncio.to_thread(write_marker, root, options, clock)
    key_path = root / APP_FOLDER / KEY_FILE if options.login == "required" else None
    key = await asyncio.to_thread(_make_key, key_path) if key_path else None
    async with contextlib.AsyncExitStack() as running:
        scopes = _scopes(options, root, clock, profile, key)
        for scope in scopes:
            await _opened(scope.start(), f"{scope.host}, port {scope.rpc_port or 'any'}")
            running.push_async_callback(scope.stop)
        last = _last_scope(options, root, profile, scopes[-1])
        if last is not None:
            last.start()
            running.push_async_callback(last.stop)
        server = await _server(options, root, clock)
        running.push_async_callback(server.stop)
        sensors = await _sensors(options, root, clock, profile)
        running.push_async_callback(sensors.stop)
        remote = await _remote(options, clock)
        if remote is not None:
            running.push_async_callback(remote.stop)
        announcement = await asyncio.to_thread(
            partial(_announcement, dusk=await _dusk(options, clock, running)),
            *(root, clock, scopes, server, sensors, remote, key_path),
        )
        if fresh and (options.live or options.dusk):
            await asyncio.to_thread(write_targets, root / APP_FOLDER / STATE_FOLDER)
            names = [scope.settings["name"] for scope in scopes]
            planting = Supervisor()
            planting.start(
                "the demo's stars and records",
                _plant(options, root, profile, names, sensors.watched, present),
            )
            running.push_async_callback(planting.close)
        yield announcement
    await asyncio.to_thread(write_marker, root, options, clock, stopped=True)


async def _plant(
    options: SimulateOptions,
    root: Path,
    profile: Profile,
    names: list[str],
    sensors: Mapping[str, SensorKind],
    present: datetime,
) -> None:
    """Write the demo's project of curves and, of a night that has begun, what was recorded."""
    state, app = root / APP_FOLDER / STATE_FOLDER, root / APP_FOLDER
    shape = picture_shape(profile, full_size=options.full_size)
    catalogue = app / CATALOGUE
    await asyncio.to_thread(write_catalogue, catalogue, options.seed, shape, profile.make)
    folders = [app / DOWNLOADS / serial / FIELD for serial in SERIALS[: options.scopes]]
    database = Database(state)
    await database.run(lambda connection: write_project(connection, catalogue, folders, present))
    await database.close()
    if options.live:
        await plant(state, names, sensors, present, profile)
    await asyncio.to_thread((app / PLANTED).touch)


async def _dusk(
    options: SimulateOptions, clock: Clock, running: contextlib.AsyncExitStack
) -> dict[str, Any]:
    """The settings of a night before its dusk, with its sources of alerts; nothing for others."""
    if not options.dusk:
        return {}
    alerts = nova_sources(clock)
    await _opened(alerts.start(), "a port for the sources of alerts")
    running.push_async_callback(alerts.stop)
    return dusk_settings(alerts)


def _last_scope(
    options: SimulateOptions, root: Path, profile: Profile, scope: SeestarStandIn
) -> LiveSession | Phone | None:
    """What goes on at the last telescope by itself."""
    if options.dusk:
        return Phone(scope)
    if options.live:
        camera = _camera(options, root, profile, options.scopes - 1)
        return LiveSession(scope, camera, LAST_SESSION)
    return None


def _prepare(options: SimulateOptions, root: Path, profile: Profile) -> datetime:
    """Write the night unless it is there already; returns what its clock shall read."""
    marker = read_marker(root, options)
    present = marker.present() if marker else None
    if present is not None:
        return present
    if options.dusk:
        return BEGIN
    origin = MIDDLE if options.live else MORNING_AFTER
    for number, serial in enumerate(SERIALS[: options.scopes]):
        write_night(
            root / serial,
            profile,
            serial,
            number,
            scopes=options.scopes,
            seed=options.seed,
            until=origin,
            full_size=options.full_size,
            stacked_before=ENOUGH_TO_COMPARE if options.live else 3,
        )
    return origin


def _camera(options: SimulateOptions, root: Path, profile: Profile, number: int) -> Camera:
    serial = SERIALS[number]
    return Camera(root / serial, profile, serial, seed=options.seed, full_size=options.full_size)


def _scopes(
    options: SimulateOptions,
    root: Path,
    clock: Clock,
    profile: Profile,
    key: PublicKey | None,
) -> list[SeestarStandIn]:
    """One telescope per host; where hosts are fewer, the next ports of the same hosts."""
    hosts = options.hosts
    return [
        SeestarStandIn(
            root / serial,
            clock,
            serial=serial,
            profile=profile,
            host=hosts[number % len(hosts)],
            rpc_port=_port(options.rpc_port, number // len(hosts)),
            http_port=_port(options.http_port, number // len(hosts)),
            udp_port=_port(options.udp_port, number // len(hosts)),
            public_key=key,
        )
        for number, serial in enumerate(SERIALS[: options.scopes])
    ]


def _make_key(path: Path) -> PublicKey:
    path.parent.mkdir(parents=True, exist_ok=True)
    return make_key(path)


def _port(first: int, step: int) -> int:
    return first + step if first else 0


async def _server(options: SimulateOptions, root: Path, clock: Clock) -> CrowdSkyStandIn:
    folder = root / SERVER_FOLDER
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    server = CrowdSkyStandIn(
        folder, clock, port=options.server_port, duplicate_policy=options.duplicates
    )
    for text in options.fault:
        if parse_trouble(text) is None:
            server.faults.add(*parse_fault(text))
    await _opened(server.start(), f"the server's port {options.server_port or 'any'}")
    return server


async def _sensors(
    options: SimulateOptions, root: Path, clock: Clock, profile: Profile
) -> NightSensors:
    place = profile.latitude, profile.longitude, ELEVATION_M
    clouds = CLOUDS if options.dusk else None
    sensors = NightSensors(options.sensor, clock, root / APP_FOLDER, place, clouds)
    await _opened(sensors.start(options.fault), "the sensors' ports")
    return sensors


async def _remote(options: SimulateOptions, clock: Clock) -> TelescopeOrgStandIn | None:
    """telescope.org, where two pictures of a star are on their way."""
    if not options.remote:
        return None
    remote = TelescopeOrgStandIn(clock)
    for name in DEMO_FILTERS:
        remote.account.submit(
            name=DEMO_STAR[0], object_id=DEMO_STAR[1], telescope=6, filter=name,
            exposure_ms=90_000, comment="demo", dark_frame=True,
        )  # fmt: skip
    await _opened(remote.start(), "a port for telescope.org")
    return remote


async def _opened(start: Any, where: str) -> None:
    """Await a stand-in's start; UsageError if it cannot listen."""
    try:
        await start
    except OSError as error:
        raise UsageError(
            f"cannot listen on {where}",
            error.strerror or str(error),
            "Choose another address or port, or 0 for any free port",
        ) from error


def demo_site() -> dict[str, Any]:
    """A garden with a tree in the south-east and a house in the west, where the stand-ins stand."""
    usual = Profile()
    return {
        "name": "demo garden",
        "latitude": usual.latitude,
        "longitude": usual.longitude,
        "horizon": 15.0,
        "obstructions": [
            [[15, 118], [38, 124], [46, 131], [38, 138], [15, 144]],
            [[30, 255], [30, 285]],
        ],
    }


def _announcement(
    root: Path,
    clock: Clock,
    scopes: list[SeestarStandIn],
    server: CrowdSkyStandIn,
    sensors: NightSensors,
    remote: TelescopeOrgStandIn | None,
    key_path: Path | None,
    *,
    dusk: dict[str, Any],
) -> dict[str, Any]:
    """What the ready line says; the settings file is written with it."""
    account = {**server.account, "api_key": server.api_key}
    key = {"key_path": str(key_path)} if key_path else {}
    theirs = {"remote": remote.settings} if remote is not None else {}
    config = write_config(
        root / APP_FOLDER,
        server=account,
        clock=clock,
        scopes=[{**scope.settings, **key} for scope in scopes],
        site={**demo_site(), **sensors.site_settings()},
        more={**sensors.settings(), **theirs, **dusk},
    )
    lines = [
        {
            "serial": scope.serial,
            "host": scope.host,
            "rpc_port": scope.rpc_port,
            "http_port": scope.http_port,
            "udp_port": scope.udp_port,
            "root": str(scope.root),
        }
        for scope in scopes
    ]
    return {
        "scopes": lines,
        "server": account,
        "config": str(config),
        "sensors": sensors.lines(),
        **theirs,
    }
