"""The doctor's round: asks machine, telescopes and server, and hands what they say to `doctor`.

Nothing is changed by it.
"""

import asyncio
import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from crowdsky_tui import __version__
from crowdsky_tui.base.crash_log import crashes_there
from crowdsky_tui.base.logfiles import LOG_FILE
from crowdsky_tui.base.private_files import openness
from crowdsky_tui.config.load import Loaded, Settings
from crowdsky_tui.doctor.check import Check, fail, ok, warn
from crowdsky_tui.doctor.checks import (
    check_base,
    check_clock,
    check_file_mode,
    check_room,
    check_server,
    check_state_folder,
)
from crowdsky_tui.doctor.clock_check import ntp_synchronized
from crowdsky_tui.doctor.other_copies import check_copies
from crowdsky_tui.doctor.scope_checks import examine_scope
from crowdsky_tui.doctor.work_checks import check_downloads, check_jobs, check_work
from crowdsky_tui.instruments.seestar.control.telemetry import nights_left
from crowdsky_tui.instruments.seestar.factory import find_telescopes
from crowdsky_tui.jobs.engine.journal import STATE_FILES
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import of_stacks
from crowdsky_tui.progress.running_night import RunningNight
from crowdsky_tui.report.gather import free_bytes

PACKAGES = ("textual", "httpx", "msgspec", "pysmb", "cryptography", "numpy", "astropy")


async def examine(night: RunningNight, loaded: Loaded, scope: str | None = None) -> list[Check]:
    """Everything, or one telescope with what is around it. `night` is open, started or not."""
    settings = loaded.settings
    synchronized = None if settings.make_clock().simulated else await ntp_synchronized()
    checks = [
        *await asyncio.to_thread(_machine, loaded),
        check_clock(night.clock.now(), synchronized=synchronized, simulated=night.clock.simulated),
    ]
    watches = [watch for name, watch in night.watches.items() if scope in (None, name)]
    if not watches:
        fix = "Add one [[scopes]] table; 'crowdsky-tui scopes' finds telescopes"
        checks.append(fail("telescopes", "none is set", fix))
    for found in await asyncio.gather(*(examine_scope(night, watch) for watch in watches)):
        checks += found
    checks += await _strangers(night, settings)
    ledger = await night.journal.ledger()
    checks.append(await _here(night, ledger))
    checks.append(check_downloads(ledger, await asyncio.to_thread(_sizes, ledger)))
    account = bool(settings.server.username and settings.server.password)
    if account:
        await night.list_quietly()
    night.views.stale = True
    night.views.refresh()
    checks.append(check_server(night.store.server, settings.server.url, has_account=account))
    for watch in watches:
        checks += await check_copies(night, watch.service.name)
    checks += check_work(night.situations())
    checks.append(check_jobs(of_stacks(await night.journal.unfinished()), night.clock.now()))
    return [*checks, *await asyncio.to_thread(_unattended, settings), versions()]


def _machine(loaded: Loaded) -> list[Check]:
    checks = []
    if base := loaded.settings.storage.base:
        checks.append(check_base(base, there=Path(base).expanduser().is_dir()))
    for name, path in (("settings", loaded.path), ("local settings", loaded.local_path)):
        secret = any(
            loaded.sources.get(key) == str(path) for key in ("server.password", "server.api_key")
        )
        try:
            mode = path.stat().st_mode
        except OSError:
            mode = None
        checks.append(check_file_mode(name, str(path), mode, secret=secret))
    return [*checks, _state_folder(loaded.settings.state_dir)]


def _state_folder(folder: Path) -> Check:
    """The folder of journal and log; one that is still to be made counts by the one above it."""
    there = next(place for place in (folder, *folder.parents) if place.is_dir())
    log = folder / LOG_FILE
    size = log.stat().st_size if log.is_file() else None
    return check_state_folder(
        str(folder),
        writable=os.access(there, os.W_OK | os.X_OK),
        log_bytes=size,
        crashes=crashes_there(folder),
        openness=openness(folder, STATE_FILES),
    )


async def _strangers(night: RunningNight, settings: Settings) -> list[Check]:
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


async def _here(night: RunningNight, ledger: Sequence[LedgerEntry]) -> Check:
    free = await asyncio.to_thread(free_bytes, night.settings.downloads)
    fetched = [(entry.order.start, entry.size) for entry in ledger]
    nights = nights_left(None if free is None else free / 1e6, fetched, night.clock.now())
    fix = "Free some space, or set storage.downloads to another disk"
    return check_room("room here", None if free is None else free / 1e9, nights, fix)


def _sizes(ledger: Sequence[LedgerEntry]) -> dict[str, int | None]:
    """The length of each fetched stack that lies here, None for one that does not."""
    sizes: dict[str, int | None] = {}
    for entry in ledger:
        if entry.local_path and not entry.order.is_own_file:
            try:
                sizes[entry.local_path] = Path(entry.local_path).stat().st_size
            except OSError:
                sizes[entry.local_path] = None
    return sizes


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
        checks.append(
            warn("notices", "none are sent", "config set notices.url, which asks for the address")
        )
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
