"""The doctor's round: asks machine, telescopes and server, and hands what they say to `doctor`.

Nothing is changed by it.
"""

import asyncio
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from crowdsky_tui import __version__
from crowdsky_tui.device.clockoffset import clock_offset
from crowdsky_tui.device.telemetry import nights_left, read_telemetry
from crowdsky_tui.errors import CommandRefused, CrowdSkyError
from crowdsky_tui.health.clocksanity import ntp_synchronized
from crowdsky_tui.health.doctor import (
    Check,
    check_clock,
    check_file_mode,
    check_folders,
    check_names,
    check_offset,
    check_power,
    check_room,
    check_server,
    check_stack_settings,
    check_work,
    fail,
    ok,
    warn,
)
from crowdsky_tui.morning.gather import free_bytes, scope_nights
from crowdsky_tui.nightparts import NightParts
from crowdsky_tui.settings import Loaded, Settings
from crowdsky_tui.telescopes import find_telescopes
from crowdsky_tui.watch import ScopeWatch

CONNECT_PATIENCE_S = 20.0
PACKAGES = ("textual", "httpx", "msgspec", "pysmb", "cryptography", "numpy", "astropy")


async def examine(night: NightParts, loaded: Loaded, scope: str | None = None) -> list[Check]:
    """Everything, or one telescope with what is around it. `night` is open, not started."""
    settings = loaded.settings
    synchronized = None if settings.make_clock().simulated else await ntp_synchronized()
    checks = [
        *await asyncio.to_thread(_machine, loaded),
        check_clock(night.clock.now(), synchronized, night.clock.simulated),
    ]
    watches = [watch for name, watch in night.watches.items() if scope in (None, name)]
    if not watches:
        fix = "Add one [[scopes]] table; 'crowdsky-tui scopes' finds telescopes"
        checks.append(fail("telescopes", "none is set", fix))
    for found in await asyncio.gather(*(_examine_scope(night, watch) for watch in watches)):
        checks += found
    checks += await _strangers(night, settings)
    checks.append(await _here(night))
    account = bool(settings.server.username and settings.server.password)
    if account:
        await night.list_quietly()
    night.views.stale = True
    night.views.refresh()
    checks.append(check_server(night.store.server, settings.server.url, account))
    checks += check_work(night.situations())
    return [*checks, *await asyncio.to_thread(_unattended, settings), versions()]


def _machine(loaded: Loaded) -> list[Check]:
    checks = []
    for name, path in (("settings", loaded.path), ("local settings", loaded.local_path)):
        secret = any(
            loaded.sources.get(key) == str(path) for key in ("server.password", "server.api_key")
        )
        try:
            mode = path.stat().st_mode
        except OSError:
            mode = None
        checks.append(check_file_mode(name, str(path), mode, secret))
    return checks


async def _examine_scope(night: NightParts, watch: ScopeWatch) -> list[Check]:
    """Reachability and login first: without them there is nothing else to see."""
    service = watch.service
    name = service.name
    try:
        await service.wait_ready(CONNECT_PATIENCE_S)
        await watch.look()
        telemetry = await read_telemetry(service)
        zone = await service.scope_zone()
        offset = await clock_offset(service, zone, night.clock)
        settings = await service.call("get_setting")
        only_in = {
            target.target: target.only_in
            for target in await service.target_folders()
            if target.only_in
        }
    except CommandRefused as error:
        fix = "This firmware may be new: see 'crowdsky-tui bundle' for a report"
        return [fail(name, str(error), fix)]
    except CrowdSkyError as error:
        what = f"{service.state.value}: {error.what}"
        text = f"{what}: {error.why}" if error.why else what
        return [fail(name, text, error.next_step or "Check its power and its network")]
    targets = list(watch.targets.values())
    view = night.store.scopes[name]
    room = check_room(
        f"{name} room",
        view.free_gb,
        scope_nights(view, targets, night.clock.now()),
        "'crowdsky-tui clean' makes room with what is proved on the server",
    )
    return [
        ok(name, f"{view.model} {view.serial}, firmware {view.firmware}, {service.state.value}"),
        check_offset(name, offset, str(zone)),
        *check_stack_settings(name, settings),
        *check_power(name, telemetry.battery_percent, telemetry.charging, telemetry.wifi_dbm),
        room,
        check_folders(name, targets, only_in),
        *check_names(name, targets),
    ]


async def _strangers(night: NightParts, settings: Settings) -> list[Check]:
    """Other apps on our telescopes, and telescopes that nobody has set."""
    found = await find_telescopes(settings)
    ours = {watch.service.serial: watch.service.name for watch in night.watches.values()}
    checks = []
    for one in found:
        if one.serial in ours and (one.clients or 0) > 1:
            text = f"{one.clients} programs are connected, ours included"
            fix = "Close the Seestar app while stacking: two at once disturb each other"
            checks.append(warn(f"{ours[one.serial]} guests", text, fix))
        elif one.serial and one.serial not in ours:
            text = f"a telescope {one.serial} at {one.host} is not in the settings"
            checks.append(warn("telescopes", text, "Add it as [[scopes]] if it is yours"))
    return checks


async def _here(night: NightParts) -> Check:
    free = await asyncio.to_thread(free_bytes, night.settings.downloads)
    fetched = [(entry.order.start, entry.size) for entry in await night.journal.ledger()]
    nights = nights_left(None if free is None else free / 1e6, fetched, night.clock.now())
    fix = "Free some space, or set storage.downloads to another disk"
    return check_room("room here", None if free is None else free / 1e9, nights, fix)


def _unattended(settings: Settings) -> list[Check]:
    """Whether somebody works and tells while nobody looks."""
    checks = []
    unit = Path.home() / ".config/systemd/user/crowdsky-tui.service"
    if not unit.exists():
        text, fix = "no agent is installed: work ends with the app", "crowdsky-tui agent --install"
        checks.append(warn("agent", text, fix))
    elif not Path("/var/lib/systemd/linger", _user()).exists():
        text = "its agent ends when you log out"
        checks.append(warn("agent", text, "loginctl enable-linger"))
    else:
        checks.append(ok("agent", "installed, and runs while nobody is logged in"))
    if settings.notices.url:
        checks.append(ok("notices", f"sent as {settings.notices.style}"))
    else:
        checks.append(warn("notices", "none are sent", "config set notices.url https://ntfy.sh/…"))
    return checks


def _user() -> str:
    return os.environ.get("USER", "")


def versions() -> Check:
    """What runs here; a package that is missing is a broken installation."""
    found, missing = [], []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    bits = "64" if sys.maxsize > 2**32 else "32"
    text = (
        f"crowdsky-tui {__version__}, Python {platform.python_version()},"
        f" {platform.machine()} {bits} bit, {', '.join(found)}"
    )
    if missing:
        fix = "Install crowdsky-tui again with pip"
        return fail("versions", f"{', '.join(missing)} missing; {text}", fix)
    return ok("versions", text)
