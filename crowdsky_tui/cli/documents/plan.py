"""Documents of `target`, `plan`, `alerts` and `instruments`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from crowdsky_tui.plan.decisions import Decision
from crowdsky_tui.plan.target import Target
from crowdsky_tui.plan.why import Reason
from crowdsky_tui.scheduling.messages import Run


class Targets(TypedDict):
    """The list; `due` of each says whether it is to be observed, and why."""

    targets: list[dict[str, Any]]


class TargetChanged(TypedDict):
    """A target as it is now, and what was done."""

    target: Target
    text: str


class Near(TypedDict):
    """Two targets that may be the same."""

    name: str
    other: str
    why: str


class ListRead(TypedDict):
    """What a file's list does to yours, and how many targets were written."""

    format: str
    new: list[str]
    changed: dict[str, Any]
    near: list[Near]
    same: int
    refused: list[str]
    passed_over: dict[str, int]
    notes: Sequence[str]
    written: int


class PlanRead(TypedDict):
    """What a friend's plan does to your list; `fit` what they leave and you can see."""

    author: str
    made_at: datetime | None
    runs: Any
    new: list[str]
    changed: dict[str, Any]
    near: list[Near]
    same: int
    refused: list[str]
    written: int
    fit: NotRequired[Any]


class Night(TypedDict):
    """The night as it would be observed; times in UTC."""

    begins: datetime | None
    slots: int
    runs: list[Run]
    total: float
    notes: list[str]


class WhyTarget(TypedDict):
    """What was found for a target, slot by slot."""

    target: str
    reasons: list[Reason]


class WhyRow(TypedDict):
    """What was found for a target in one slot."""

    target: str
    reason: Reason


class Decided(TypedDict):
    """What you decided of the night."""

    decision: Decision


class DecidedAll(TypedDict):
    """What is skipped from now on."""

    decisions: list[Decision]


class TakenBack(TypedDict):
    """How many decisions are taken back; `execute` is how the night is observed."""

    taken_back: int
    execute: NotRequired[str]


class PlanWritten(TypedDict):
    """List and plan as a file."""

    file: str
    targets: int
    runs: int


class Alerts(TypedDict):
    """What waits in the inbox: each alert with its state, and whether it is up tonight."""

    alerts: list[dict[str, Any]]


class AlertLook(TypedDict):
    """What a source told."""

    source: str
    read: int
    new: int
    up: int
    changed: int
    withdrawn: int
    refused: int
    passed_over: int


class AlertLooks(TypedDict):
    """What the sources told, and which could not be asked."""

    looks: list[AlertLook]
    failed: Any


class AlertTaken(TypedDict):
    """The target that an alert became."""

    target: Any


class AlertLeft(TypedDict):
    """An alert that was left."""

    alert: Any


class StarOfVsx(TypedDict):
    """What the VSX knows of a star."""

    star: dict[str, Any]


class StarChart(TypedDict):
    """Comparison stars around one, and the chart's number."""

    chart: str
    stars: list[Any]


class Instrument(TypedDict):
    """An instrument or sensor of the settings; optics, limits and devices where it has them."""

    name: str
    kind: str
    role: str
    address: str
    unique_id: str
    optics: NotRequired[dict[str, float | None]]
    limits: NotRequired[dict[str, float]]
    folder: NotRequired[str]
    devices: NotRequired[list[dict[str, Any]]]


class Site(TypedDict):
    """A site and its instruments."""

    name: str
    instruments: list[Instrument]


class Tree(TypedDict):
    """All instruments, without the place."""

    site: Site


class Server(TypedDict):
    """A device server that was found."""

    protocol: str
    addresses: list[str]
    name: str
    maker: str
    version: str
    devices: list[dict[str, Any]]


class Servers(TypedDict):
    """The device servers that were found."""

    servers: list[Server]


class InstrumentAdded(TypedDict):
    """An instrument that was kept."""

    name: str
    roles: list[str]


class InstrumentResult(TypedDict):
    """What an instrument was told, and what is proved of it."""

    name: str
    state: str
    text: str


class Swept(TypedDict):
    """A rig's focus by its stars; null where none was found."""

    name: str
    text: str
    step: int | None
    error_steps: float | None
    width_px: float | None


class Exposed(TypedDict):
    """Frames that a rig kept."""

    name: str
    frames: int
    folder: str
