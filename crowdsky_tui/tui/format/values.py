"""Times, sizes and amounts as people write them. Pure functions."""

from collections.abc import Iterable
from datetime import datetime, tzinfo

from crowdsky_tui.base.clock import zone_named
from crowdsky_tui.store.store import ScopeView

DASH = "–"


def scope_zone(scopes: Iterable[ScopeView]) -> tzinfo | None:
    """The zone of the first scope that told it; None (the host's zone) where none did."""
    for scope in scopes:
        if scope.zone:
            try:
                return zone_named(scope.zone)
            except ValueError:
                continue
    return None


def day(moment: datetime) -> str:
    """`20 Nov`"""
    return f"{moment.day} {moment:%b}"


def span(start: datetime, end: datetime) -> str:
    """`22:15–22:30`"""
    return f"{start:%H:%M}–{end:%H:%M}"


def moment(value: datetime | None, now: datetime, zone: tzinfo | None) -> str:
    """A time of today as `22:31`, any other as `20 Nov`, local; a dash for None."""
    if value is None:
        return DASH
    local = value.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else day(local)


def number(value: float | None, digits: int = 0, unit: str = "") -> str:
    """A value with its unit, a dash for None."""
    if value is None:
        return DASH
    return f"{value:.{digits}f}{' ' if unit else ''}{unit}"


def minutes(seconds: float | None) -> str:
    """Seconds as minutes, with one decimal; a dash for None."""
    return number(None if seconds is None else seconds / 60, 1)


def megabytes(size: int | None) -> str:
    """Bytes as megabytes (10^6), with one decimal; a dash for None."""
    return number(None if size is None else size / 1e6, 1)


def percent(progress: float | None) -> str:
    """`61 %`, empty where there is no telling."""
    return "" if progress is None else f"{max(0, min(100, int(progress * 100)))} %"


def bar(progress: float | None, width: int) -> str:
    """A bar of `width` cells in half cells; dots where progress cannot be known."""
    if progress is None:
        return "·" * width
    full, half = divmod(int(max(0.0, min(1.0, progress)) * width * 2), 2)
    return ("━" * full + "╸" * half).ljust(width, "─")


def count(amount: int, noun: str) -> str:
    """`1 stack`, `2 stacks`"""
    return f"{amount} {noun}" if amount == 1 else f"{amount} {noun}s"


def share_targets(keys: Iterable[tuple[str, str]]) -> bool:
    """Whether two scopes of these (scope, target) pairs have one target."""
    pairs = set(keys)
    return len({target for _, target in pairs}) < len(pairs)


def about(seconds: float) -> str:
    """A time that is only estimated: `under a minute`, `about 12 min`, `about 3 h`."""
    if seconds < 60:
        return "under a minute"
    whole = round(seconds / 60)
    return f"about {whole} min" if whole < 120 else f"about {round(seconds / 3600)} h"
