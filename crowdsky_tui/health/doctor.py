"""What the doctor looks at: one line per matter, well or with its remedy. Pure functions."""

import stat
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from crowdsky_tui.device.state import section
from crowdsky_tui.health.clocksanity import clock_problem
from crowdsky_tui.morning.report import LARGEST_OFFSET_S, LOW_NIGHTS
from crowdsky_tui.store import BlockState, ServerState, ServerView
from crowdsky_tui.survey import Situation, TargetFacts

LOW_BATTERY = 20
WEAK_SIGNAL_DBM = -75


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Check(msgspec.Struct, frozen=True):
    """One matter: what was looked at, how it is, and what to do about it (empty if well)."""

    name: str
    level: Level
    text: str
    fix: str = ""


def ok(name: str, text: str) -> Check:
    return Check(name, Level.OK, text)


def warn(name: str, text: str, fix: str) -> Check:
    return Check(name, Level.WARN, text, fix)


def fail(name: str, text: str, fix: str) -> Check:
    return Check(name, Level.FAIL, text, fix)


def check_file_mode(name: str, path: str, mode: int | None, secret: bool) -> Check:
    """A settings file; `mode` None: it does not exist. One with a secret is the user's alone."""
    if mode is None:
        return ok(name, f"{path} does not exist, the defaults hold")
    shown = f"{path}, mode {stat.S_IMODE(mode):04o}"
    if secret and stat.S_IMODE(mode) & 0o077:
        return fail(name, f"others can read the password in {shown}", f"chmod 600 {path}")
    return ok(name, shown)


def check_clock(now: datetime, synchronized: bool | None, simulated: bool) -> Check:
    """This machine's clock."""
    shown = f"{now:%Y-%m-%d %H:%M} UTC"
    if simulated:
        return ok("clock", f"simulated, {shown}")
    if clock_problem(now):
        return fail(
            "clock", f"it is not set: {shown}", "Connect to the internet, or: sudo timedatectl"
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
            f"{offset_s:+.0f} s off ours, zone {zone}",
            "Check this machine's clock, then connect the Seestar app: it sets the telescope's",
        )
    return ok(name, f"{offset_s:+.0f} s off ours, zone {zone}")


def check_stack_settings(scope: str, settings: Any) -> list[Check]:
    """The telescope's own settings (`get_setting`) that make a night useless (facts 3.1)."""
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


def check_power(
    scope: str, battery: int | None, charging: bool | None, wifi_dbm: int | None
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


def check_folders(scope: str, targets: Sequence[TargetFacts], only_in: Mapping[str, str]) -> Check:
    """Whether the share and the telescope's albums show the same folders (field, problem 11)."""
    name = f"{scope} folders"
    if only_in:
        sources = [source for source in ("share", "albums") if source in only_in.values()]
        text = f"{len(only_in)} of {len(targets)} targets only in the {' or the '.join(sources)}"
        return warn(name, text, "Nothing: both are read. The Seestar app may not show them all")
    return ok(name, f"{len(targets)} targets")


def check_names(scope: str, targets: Sequence[TargetFacts]) -> list[Check]:
    """Stacks whose name has no place on the sky: the server knows them by another key (10)."""
    bad = [
        stack.filename
        for facts in targets
        for stack in facts.stacks
        if "HP000000" in stack.filename
    ]
    if not bad:
        return []
    fix = "'upload' sends each once, by its contents; 'purge' removes them"
    return [warn(f"{scope} stack names", f"{len(bad)} without a place on the sky", fix)]


def check_server(view: ServerView, url: str, has_account: bool) -> Check:
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


def check_work(seen: Sequence[Situation]) -> list[Check]:
    """Blocks that do not get on by themselves."""
    checks = []
    for state, text, fix in (
        (BlockState.FAILED, "failed", "'crowdsky-tui report' names each with its reason"),
        (BlockState.UNCLEAR, "of an unclear time", "'crowdsky-tui blocks TARGET' says why"),
    ):
        count = sum(item.state is state for item in seen)
        if count:
            checks.append(warn("blocks", f"{count} {text}", fix))
    return checks or [ok("blocks", f"{len(seen)} known, none failed")]
