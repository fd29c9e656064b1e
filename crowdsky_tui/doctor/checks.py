"""What the doctor looks at on this machine, on a telescope, at the server. Pure functions."""

import shlex
import stat
from datetime import datetime
from typing import Any

from crowdsky_tui.doctor.check import Check, fail, ok, warn
from crowdsky_tui.doctor.clock_check import clock_problem
from crowdsky_tui.instruments.seestar.connection.capabilities import Capabilities
from crowdsky_tui.instruments.seestar.control.state import section
from crowdsky_tui.report.report import LARGEST_OFFSET_S, LOW_NIGHTS
from crowdsky_tui.store.store import ServerState, ServerView

LOW_BATTERY = 20
WEAK_SIGNAL_DBM = -75
STACKING = ("set_batch_stack_setting", "start_batch_stack", "iscope_get_app_state")
"""Commands without which a telescope cannot stack."""


def check_file_mode(name: str, path: str, mode: int | None, *, secret: bool) -> Check:
    """A settings file; `mode` None: it does not exist. One with a secret is the user's alone."""
    if mode is None:
        return ok(name, f"{path} does not exist, the defaults hold")
    shown = f"{path}, mode {stat.S_IMODE(mode):04o}"
    if secret and stat.S_IMODE(mode) & 0o077:
        return fail(name, f"others can read the password in {shown}", f"chmod 600 {path}")
    return ok(name, shown)


def check_clock(now: datetime, *, synchronized: bool | None, simulated: bool) -> Check:
    """This machine's clock."""
    shown = f"{now:%Y-%m-%d %H:%M} UTC"
    if simulated:
        return ok("clock", f"simulated, {shown}")
    if clock_problem(now):
        return fail(
            "clock",
            f"it is not set right: {shown}",
            "Connect to the internet, or: sudo timedatectl",
        )
    if synchronized is False:
        return warn("clock", f"{shown}, not set from the network", "sudo timedatectl set-ntp true")
    how = "set from the network" if synchronized else "whether it was set is not known"
    return ok("clock", f"{shown}, {how}")


def check_offset(scope: str, offset_s: float | None, zone: str) -> Check:
    """A telescope's clock against ours."""
    name = f"{scope} clock"
    if offset_s is None:
        return warn(name, f"zone {zone}; it does not tell its time", "Connect the Seestar app once")
    if abs(offset_s) > LARGEST_OFFSET_S:
        return fail(
            name,
            f"{round(offset_s):+d} s off ours, zone {zone}",
            "Check this machine's clock, then connect the Seestar app: it sets the telescope's",
        )
    return ok(name, f"{round(offset_s):+d} s off ours, zone {zone}")


def check_stack_settings(scope: str, settings: Any) -> list[Check]:
    """The telescope's own settings (`get_setting`) that make a night useless.

    Source: docs/design/seestar-protocol.md 3.1.
    """
    stack = section(settings, "stack")
    kept = stack.get("save_discrete_ok_frame")
    name = f"{scope} sub-frames"
    if kept is False:
        checks = [
            fail(
                name,
                "not kept: nothing can be stacked for CrowdSky",
                "Seestar app, Advanced feature: save each frame in enhancing",
            )
        ]
    elif kept is True:
        checks = [ok(name, "kept")]
    else:
        checks = [warn(name, "it does not tell whether they are kept", "Look in the Seestar app")]
    if stack.get("airplane_line_removal") is True:
        checks.append(
            warn(
                f"{scope} trail removal",
                "on: it changes stars' light in the stack",
                "Switch it off in the Seestar app",
            )
        )
    if stack.get("drizzle2x") is True:
        text = "on: stacks are four times as large and may be over the server's limit"
        fix = "Switch 4K off in the Seestar app"
        checks.append(warn(f"{scope} 4K", text, fix))
    return checks


def check_filter(scope: str, filter_name: str | None) -> list[Check]:
    """The filter in the beam now; None where the telescope does not tell."""
    if filter_name != "dark":
        return []
    fix = "Choose IRCUT or LP: 'crowdsky-tui scope filter LP', or o in the app"
    return [warn(f"{scope} filter", "the dark filter is in the beam: frames show no star", fix)]


def check_features(scope: str, capabilities: Capabilities) -> list[Check]:
    """What this firmware has refused: the stacking commands, and what it does without (2)."""
    lacking = [name for name in capabilities.answers if capabilities.supports(name) is False]
    checks = [
        fail(
            f"{scope} firmware",
            f"{command}: {capabilities.reason(command)}, so it cannot stack",
            "Look for a newer crowdsky-tui; 'crowdsky-tui bundle' makes a report",
        )
        for command in STACKING
        if command in lacking
    ]
    others = [name for name in lacking if name not in STACKING]
    if others and not checks:
        text = f"it does without {', '.join(sorted(others))}"
        checks.append(ok(f"{scope} firmware", text))
    return checks


def check_observing(scope: str, *, observing: bool | None, activity: str) -> list[Check]:
    """Whether it can be told if the telescope images; unknown means wait (16)."""
    if observing is not None:
        return []
    fix = "Stacking waits until it answers; look with the Seestar app what it does"
    return [warn(f"{scope} observing", activity or "not known whether it observes", fix)]


def check_arm(
    scope: str, arm: str | None, *, observing: bool | None, sun_deg: float | None
) -> list[Check]:
    """An open telescope under the Sun (14). `sun_deg` is its altitude, None where not known."""
    if arm != "open" or observing or sun_deg is None or sun_deg < 0:
        return []
    fix = f"crowdsky-tui scope park --scope '{scope}', or o in the app"
    return [fail(f"{scope} arm", "open, and the Sun is up", fix)]


def check_power(
    scope: str, battery: int | None, *, charging: bool | None, wifi_dbm: int | None
) -> list[Check]:
    """Battery and Wi-Fi."""
    checks = []
    if battery is not None and battery < LOW_BATTERY and not charging:
        fix = "Plug it in: stacking needs power"
        checks.append(warn(f"{scope} battery", f"{battery} %, not charging", fix))
    if wifi_dbm is not None and wifi_dbm < WEAK_SIGNAL_DBM:
        fix = "Move it, or the router"
        checks.append(warn(f"{scope} Wi-Fi", f"weak, {wifi_dbm} dBm", fix))
    return checks


def check_room(name: str, free_gb: float | None, nights: float | None, fix: str) -> Check:
    """Free space in GB (10^9 bytes) and in nights at last week's rate."""
    if free_gb is None:
        return warn(name, "free space is not known", "")
    text = f"{free_gb:.1f} GB free"
    if nights is not None:
        text += f", {nights:.1f} nights at last week's rate"
    if free_gb < 0.2:
        return fail(name, text, fix)
    if nights is not None and nights < LOW_NIGHTS:
        return warn(name, text, fix)
    return ok(name, text)


def check_base(path: str, *, there: bool) -> Check:
    """The disk of the user's own that holds the folders (`storage.base`)."""
    if there:
        return ok("storage.base", path)
    fix = "Mount the disk, or correct storage.base: what is kept would fill the disk below it"
    return fail("storage.base", f"{path} is not there", fix)


def check_server(view: ServerView, url: str, *, has_account: bool) -> Check:
    """The server's answer to a login."""
    if not has_account:
        return warn("server", "no account is set: nothing is sent", "config set server.username …")
    if view.state is ServerState.OK:
        return ok("server", f"{url}, {view.username}, {len(view.stacks)} stacks")
    fix = (
        "Check server.username and server.password"
        if view.state is ServerState.REFUSED
        else "Check the network; work waits and goes on by itself"
    )
    return fail("server", f"{view.state.value}: {view.reason}", fix)


def check_state_folder(
    path: str, *, writable: bool, log_bytes: int | None, crashes: int, openness: str = ""
) -> Check:
    """Journal, log and reports lie there; `crashes` are the faults in the crash log (22, 23).

    `openness` says what others may do there, "" for nothing.
    """
    if not writable:
        fix = "Correct its owner, or set storage.state_dir to another folder"
        return fail("state folder", f"{path} cannot be written: nothing can be journalled", fix)
    if openness:
        fix = f"chmod -R go= {shlex.quote(path)}, or set storage.state_dir to a folder of your own"
        return fail("state folder", f"{path}: {openness}", fix)
    text = path if log_bytes is None else f"{path}, log {log_bytes / 1000:.0f} kB"
    if crashes:
        times = "once" if crashes == 1 else f"{crashes} times"
        return warn(
            "state folder",
            f"{text}; this program failed {times} (crash.log)",
            "'crowdsky-tui bundle' makes a report; then remove crash.log",
        )
    return ok("state folder", text)
