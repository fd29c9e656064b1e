"""What moved in a store since the last look, as a record for the wire."""

from crowdsky_tui.agent.messages import Changed, TargetChange
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.store.store import BlockView, Store, TargetView, Topic


class Show:
    """Follows one store for one reader; the first `change` holds all there is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sent: dict[Topic, int] = dict.fromkeys(Topic, -1)
        self._shown: dict[TargetKey, tuple[TargetView, tuple[BlockView, ...]]] = {}

    def change(self) -> Changed | None:
        """What moved since the last call; None if nothing did."""
        store, sent = self._store, self._sent
        moved = {topic for topic in Topic if store.revisions[topic] != sent[topic]}
        if not moved:
            return None
        new_lines = min(store.revisions[Topic.LOG] - max(sent[Topic.LOG], 0), len(store.log))
        self._sent = dict(store.revisions)
        return Changed(
            scopes=tuple(store.scopes.values()) if Topic.SCOPES in moved else None,
            targets=self._targets() if moved & {Topic.TARGETS, Topic.BLOCKS} else None,
            jobs=tuple(store.jobs.values()) if Topic.JOBS in moved else None,
            log=tuple(store.log)[len(store.log) - new_lines :] if Topic.LOG in moved else None,
            server=store.server if Topic.SERVER in moved else None,
            automatic=store.automatic if Topic.AUTOMATIC in moved else None,
            sky=store.sky if Topic.SKY in moved else None,
            conditions=store.conditions if Topic.CONDITIONS in moved else None,
        )

    def _targets(self) -> tuple[TargetChange, ...]:
        store, before = self._store, self._shown
        self._shown = {key: (store.targets[key], blocks) for key, blocks in store.blocks.items()}
        changes = [
            TargetChange(key, view, blocks)
            for key, (view, blocks) in self._shown.items()
            if (old := before.get(key)) is None or old[0] is not view or old[1] is not blocks
        ]
        changes += [TargetChange(key, None) for key in before if key not in store.blocks]
        return tuple(changes)
