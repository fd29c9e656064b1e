"""A job: one row of the journal. What it is about, its payload, is its kind's own affair."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Generic, Protocol, Self, TypeVar

import msgspec

from crowdsky_tui.base.text import clean
from crowdsky_tui.store.store import JobState

Facts = dict[str, object]
"""What a job wrote down on its way, as JSON."""


class Payload(Protocol):
    """What the engine asks of that which a job is about."""

    @property
    def scope(self) -> str:
        """The instrument that is at work; empty for none."""

    @property
    def target(self) -> str:
        """What it is pointed at; empty for nothing."""

    @property
    def filter(self) -> str:
        """The filter's name."""

    @property
    def label(self) -> str:
        """What people call it: `M 81 22:15`."""

    @property
    def block_id(self) -> str:
        """What jobs of several kinds that belong together share."""

    @property
    def zone(self) -> tzinfo | None:
        """The zone in whose morning trying again ends; None for UTC."""

    @property
    def insist(self) -> bool:
        """Whether the user wants it now."""

    def with_words_of(self, later: Self) -> Self:
        """The same with what the user has said of it in `later` besides; nothing is taken back."""

    def renewed(self) -> Self:
        """The same for asking once more, without leave to do again what may have been done."""

    def when_over(self) -> Self:
        """What of it is kept when the job is over."""


P = TypeVar("P", bound=Payload)
P_co = TypeVar("P_co", bound=Payload, covariant=True)


class UnknownPayload(msgspec.Struct, frozen=True):
    """The payload of a kind that this version does not know, byte for byte."""

    raw: msgspec.Raw
    scope: str = ""
    target: str = ""
    filter: str = ""
    label: str = ""
    block_id: str = ""
    zone: tzinfo | None = None
    insist: bool = False

    @classmethod
    def of(cls, raw: msgspec.Raw) -> "UnknownPayload":
        """What can be shown of it: its scope, target and filter, where it has such words."""
        told: object = msgspec.json.decode(raw)
        words = told if isinstance(told, Mapping) else {}
        scope, target, filter_name = (
            clean(word) if isinstance(word := words.get(name), str) else ""
            for name in ("scope", "target", "filter")
        )
        return cls(raw, scope, target, filter_name, target)

    def with_words_of(self, later: "UnknownPayload") -> "UnknownPayload":
        return self

    def renewed(self) -> "UnknownPayload":
        return self

    def when_over(self) -> "UnknownPayload":
        return self


class Job(msgspec.Struct, Generic[P_co], frozen=True):
    """One row of the journal. Times are aware UTC; `proved_at` is set only by a second look.

    `ended_at` is when it was proved, failed or cancelled; None also where an earlier version
    ended it.

    `payload` is what was asked for, of the type that its `kind` registers; the journal's files call
    it `order`.
    """

    id: int
    kind: str
    goal: str
    payload: P_co = msgspec.field(name="order")
    state: JobState
    asked_at: datetime
    step: str = ""
    reason: str = ""
    attempts: int = 0
    next_try_at: datetime | None = None
    proved_at: datetime | None = None
    ended_at: datetime | None = None
    facts: Facts = {}

    @property
    def unfinished(self) -> bool:
        """Whether it is not over yet."""
        return self.state in UNFINISHED

    @property
    def label(self) -> str:
        """`M 81 22:15`, on the scope's clock."""
        return self.payload.label

    @property
    def words(self) -> str:
        """`M 81 22:15 LP on S50 a349`: the label with what tells it from others of that label."""
        payload = self.payload
        what = f"{payload.label} {payload.filter}".rstrip()
        return f"{what} on {payload.scope}" if payload.scope else what


AnyJob = Job[Payload]
"""A job of whatever kind."""

UNFINISHED = frozenset({JobState.QUEUED, JobState.RUNNING, JobState.WAITING})

TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED}),
    JobState.RUNNING: frozenset(
        {
            JobState.RUNNING,  # taken up again where its end could not be journalled
            JobState.PROVED,
            JobState.WAITING,
            JobState.FAILED,
            JobState.CANCELLED,
            JobState.QUEUED,
        }
    ),
    JobState.WAITING: frozenset({JobState.RUNNING, JobState.CANCELLED, JobState.QUEUED}),
    JobState.PROVED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}
"""What may follow what. A failed job stays failed; asking again makes a new one."""


def fact_number(facts: Mapping[str, object], name: str) -> float:
    """A number that a job wrote down; 0 if it did not."""
    value = facts.get(name, 0.0)
    return float(value) if isinstance(value, int | float) else 0.0


def fact_texts(facts: Mapping[str, object], name: str) -> list[str]:
    """The texts that a job wrote down; empty if it did not."""
    value = facts.get(name)
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
