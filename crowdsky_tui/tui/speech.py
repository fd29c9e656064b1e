"""Each change of state as one plain sentence, for screen readers. No Textual here."""

from collections.abc import Iterator

from crowdsky_tui.blocks.keys import BlockKey
from crowdsky_tui.store.store import (
    BlockView,
    JobState,
    JobView,
    LogLine,
    ScopeView,
    ServerView,
    Severity,
    Store,
)

_WEIGHT = {Severity.WARNING: "Warning: ", Severity.ERROR: "Error: "}


class Speaker:
    """Compares the store with how it was and says what changed, oldest first.

    Progress, counts and moments are no changes of state.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._blocks = self._present_blocks()
        self._jobs = dict(store.jobs)
        self._scopes = dict(store.scopes)
        self._server = store.server
        self._automatic = store.automatic
        self._last = store.log[-1] if store.log else None

    def changes(self) -> list[str]:
        """What changed since the last call, one line each."""
        return [
            *self._new_log(),
            *self._scope_changes(),
            *self._server_changes(),
            *self._automatic_changes(),
            *self._block_changes(),
            *self._job_changes(),
        ]

    def _new_log(self) -> list[str]:
        fresh: list[LogLine] = []
        for line in reversed(self._store.log):
            if line is self._last:
                break
            fresh.append(line)
        if self._store.log:
            self._last = self._store.log[-1]
        return [f"{_WEIGHT.get(line.severity, '')}{line.text}" for line in reversed(fresh)]

    def _scope_changes(self) -> Iterator[str]:
        before, self._scopes = self._scopes, dict(self._store.scopes)
        for name, view in self._scopes.items():
            old = before.get(name)
            if old is None or old.state is not view.state:
                yield scope_sentence(view)
            told = view.observing is not None
            if told and old is not None and old.observing is not view.observing:
                yield f"Scope {name}: {'observing' if view.observing else 'not observing'}."
            if view.doing and (old is None or old.doing != view.doing):
                yield f"Scope {name}: {view.doing}."
        yield from (f"Scope {name}: no longer used." for name in before.keys() - self._scopes)

    def _server_changes(self) -> Iterator[str]:
        before, self._server = self._server, self._store.server
        if before.state is not self._server.state:
            yield server_sentence(self._server)

    def _automatic_changes(self) -> Iterator[str]:
        before, self._automatic = self._automatic, self._store.automatic
        if before != self._automatic:
            yield f"Automatic night: {self._automatic}."

    def _present_blocks(self) -> dict[tuple[BlockKey, str], BlockView]:
        every = (view for blocks in self._store.blocks.values() for view in blocks)
        return {(view.key, view.stack_name or ""): view for view in every}

    def _block_changes(self) -> Iterator[str]:
        before, self._blocks = self._blocks, self._present_blocks()
        for key, view in self._blocks.items():
            old = before.get(key)
            if old is not None and old.state is not view.state:
                yield block_sentence(view, alike=self._alike(view))

    def _alike(self, view: BlockView) -> bool:
        """Whether another block of the target begins then, by another filter or exposure."""
        return any(
            other.block_start == view.block_start and other.key != view.key
            for other in self._store.blocks.get(view.key.target, ())
        )

    def _job_changes(self) -> Iterator[str]:
        """Of jobs that are not of one block; how they end is in the log."""
        before, self._jobs = self._jobs, dict(self._store.jobs)
        for number, view in self._jobs.items():
            old = before.get(number)
            if not view.told_by_block and (old is None or old.state is not view.state):
                yield job_sentence(view)


def block_sentence(view: BlockView, *, alike: bool = False) -> str:
    """`M 81, 22:15 to 22:30, on S50 a349: sent. The server has not listed it yet.`

    Of several that are `alike` it tells the exposure and the filter besides.
    """
    key = view.key
    when = f"{view.block_start:%H:%M} to {view.block_end:%H:%M}"
    which = f", {key.exposure} {key.filter}" if alike else ""
    return (
        f"{view.target}, {when}{which}, on {key.target.scope}: {view.state.value}."
        f"{_why(view.reason)}"
    )


def scope_sentence(view: ScopeView) -> str:
    """A telescope and its state in one sentence."""
    return f"Scope {view.name}: {view.state.value}.{_why(view.reason)}"


def server_sentence(view: ServerView) -> str:
    """`Server: ok, signed in as alice.` or `Server: login refused.` and why."""
    who = f", signed in as {view.username}" if view.username and not view.reason else ""
    return f"Server: {view.state.value}{who}.{_why(view.reason)}"


def job_sentence(view: JobView) -> str:
    """`Job purge M 81 22:15 LP on S50 a349: waiting. The scope is observing.`"""
    where = f" on {view.scope}" if view.scope else ""
    why = "" if view.state is JobState.RUNNING else _why(view.reason)
    what = f"{view.label} {view.filter}".rstrip()
    return f"Job {view.kind} {what}{where}: {view.state.value}.{why}"


def _why(reason: str) -> str:
    return f" {reason.rstrip('.')}." if reason else ""
