"""The recording's lines: one JSON object each. Each run of the app begins with a `Head`."""

import msgspec

from crowdsky_tui.agent.messages import Changed, Hello

VERSION = 1


class Head(msgspec.Struct, frozen=True, tag=True):
    """What begins a run. By its clock `hello.origin` is the moment of `at` 0."""

    version: int
    hello: Hello


class Shown(msgspec.Struct, frozen=True, tag=True):
    """What moved on screen, `at` seconds after the run's beginning."""

    at: float
    change: Changed


class Said(msgspec.Struct, frozen=True, tag=True):
    """A line of traffic: `kind` as in `traffic.tell`, `who` a scope's address or the server."""

    at: float
    kind: str
    who: str
    said: object = None


class End(msgspec.Struct, frozen=True, tag=True):
    """Why nothing follows in this run."""

    at: float
    why: str


Line = Head | Shown | Said | End
