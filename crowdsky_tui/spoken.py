"""Each change of state as one plain sentence, for screen readers. No Textual here."""

from crowdsky_tui.store import BlockView, LogLine, ScopeView, Severity, Store

_WEIGHT = {Severity.WARNING: "Warning: ", Severity.ERROR: "Error: "}


class Speaker:
    """Compares the store with how it was and says what changed, oldest first."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._blocks = self._present_blocks()
        self._scopes = dict(store.scopes)
        self._last = store.log[-1] if store.log else None

    def changes(self) -> list[str]:
        """What changed since the last call, one line each. Progress is not a change of state."""
        lines = [*self._new_log(), *self._scope_changes()]
        now = self._present_blocks()
        for key, view in now.items():
            before = self._blocks.get(key)
            if before is not None and before.state is not view.state:
                lines.append(block_sentence(view))
        self._blocks = now
        return lines

    def _present_blocks(self) -> dict[tuple[str, ...], BlockView]:
        every = (view for blocks in self._store.blocks.values() for view in blocks)
        return {(*view.key, view.stack_name or ""): view for view in every}

    def _new_log(self) -> list[str]:
        fresh: list[LogLine] = []
        for line in reversed(self._store.log):
            if line is self._last:
                break
            fresh.append(line)
        if self._store.log:
            self._last = self._store.log[-1]
        return [f"{_WEIGHT.get(line.severity, '')}{line.text}" for line in reversed(fresh)]

    def _scope_changes(self) -> list[str]:
        lines = [
            scope_sentence(view)
            for name, view in self._store.scopes.items()
            if (before := self._scopes.get(name)) is None or before.state is not view.state
        ]
        self._scopes = dict(self._store.scopes)
        return lines


def block_sentence(view: BlockView) -> str:
    """`M 81, 22:15 to 22:30, on S50 a349: sent. The server has not listed it yet.`"""
    why = f" {view.reason}." if view.reason else ""
    when = f"{view.block_start:%H:%M} to {view.block_end:%H:%M}"
    return f"{view.target}, {when}, on {view.scope}: {view.state.value}.{why}"


def scope_sentence(view: ScopeView) -> str:
    why = f" {view.reason}." if view.reason else ""
    return f"Scope {view.name}: {view.state.value}.{why}"
