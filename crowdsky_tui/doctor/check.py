"""What the doctor says of one matter: how it is, and what to do about it."""

from enum import StrEnum

import msgspec


class Level(StrEnum):
    """How a check ended."""

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
    """A check that found all well."""
    return Check(name, Level.OK, text)


def warn(name: str, text: str, fix: str) -> Check:
    """A check that found something odd; `fix` is what to do."""
    return Check(name, Level.WARN, text, fix)


def fail(name: str, text: str, fix: str) -> Check:
    """A check that found something broken; `fix` is what to do."""
    return Check(name, Level.FAIL, text, fix)
