"""The kinds of job: each registers itself once, and everything else asks here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, Never, TypeVar, cast

from crowdsky_tui.jobs.engine.model import P, Payload
from crowdsky_tui.jobs.engine.work import Work

M = TypeVar("M", contravariant=True)
"""What all kinds of one program have at hand to work with."""


def _never(_run: Payload, _asked: Payload) -> bool:
    return False


@dataclass(frozen=True)
class Kind(Generic[P, M]):
    """One kind of job.

    Parameters
    ----------
    name : str
        As the journal has it; never changed.
    payload : type
        What its jobs are about: a msgspec struct.
    make : callable
        Makes its work of what is at hand.
    subject : callable
        What makes a job of this kind unique among the unfinished.
    doing : str
        What it does, in words: "stacking".
    follower : str
        The kind that follows on the way to a farther goal; empty for none.
    changes_instrument : bool
        Whether it changes something on an instrument: then a read-only run does not ask for it.
    needs_clock : bool
        Whether it waits while a clock cannot be right.
    rereads : bool
        Whether its target's folder is read again at its end.
    harmless : bool
        Whether it may be taken back while it waits for another try, since nothing that it began
        would have to be taken back with it.
    repeatable : bool
        Whether one that was cancelled may simply be asked for again.
    told_by_subject : bool
        Whether what it is about tells of it, so that it need not be spoken of by itself.
    asks_more : callable
        Whether the second payload asks for what a run by the first one does not do: a job that is
        told so while it runs is run once more.
    """

    name: str
    payload: type[P]
    make: Callable[[M], Work[P, Never]]
    subject: Callable[[P], str]
    doing: str
    follower: str = ""
    changes_instrument: bool = False
    needs_clock: bool = False
    rereads: bool = False
    harmless: bool = False
    repeatable: bool = False
    told_by_subject: bool = False
    asks_more: Callable[[P, P], bool] = _never


AnyKind = Kind[Payload, Never]
"""A kind of whatever payload. Decoding by its `payload` is what makes sure of a job's type."""
_kinds: dict[str, AnyKind] = {}


def register(kind: Kind[P, M]) -> Kind[P, M]:
    """Make a kind known to the journal, the queue and everybody who shows jobs.

    Raises
    ------
    ValueError
        If another kind has its name already.
    """
    if kind.name in _kinds and _kinds[kind.name] is not kind:
        raise ValueError(f"two kinds of job are called {kind.name}")
    _kinds[kind.name] = cast(AnyKind, kind)
    return kind


@contextmanager
def registered(kind: Kind[P, M]) -> Iterator[Kind[P, M]]:
    """Make a kind known within this block alone: for tests and plug-ins."""
    register(kind)
    try:
        yield kind
    finally:
        del _kinds[kind.name]


def kinds() -> tuple[AnyKind, ...]:
    """Every kind that is known."""
    return tuple(_kinds.values())


def kind_named(name: str) -> AnyKind | None:
    """The kind of that name; None if this version does not know it."""
    return _kinds.get(name)


def rereads(name: str) -> bool:
    """Whether the target's folder is read again at the end of a job of this kind."""
    kind = kind_named(name)
    return kind is not None and kind.rereads


def next_kind(name: str, goal: str) -> str | None:
    """The step after kind `name` on the way to `goal`, None when the way ends here."""
    kind = kind_named(name)
    return None if kind is None or name == goal else kind.follower or None


def asks_more(name: str, run: Payload, asked: Payload) -> bool:
    """Whether `asked` wants of a job of kind `name` what a run by `run` does not do."""
    kind = kind_named(name)
    return kind is not None and kind.asks_more(run, asked)


def farther(name: str, one: str, other: str) -> str:
    """The farther one of two goals of a job of kind `name`; the first one if neither is known."""
    way = list(_way(name))
    return max(one, other, key=lambda goal: way.index(goal) if goal in way else -1)


def _way(name: str) -> Iterator[str]:
    seen: set[str] = set()
    while name and name not in seen:
        seen.add(name)
        yield name
        kind = kind_named(name)
        name = kind.follower if kind else ""
