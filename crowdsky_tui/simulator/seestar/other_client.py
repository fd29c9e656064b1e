"""Another client, or somebody at the share, meddles in the middle of our work (see `Hand`)."""

import shutil

from crowdsky_tui.simulator.faults import Hand
from crowdsky_tui.simulator.seestar.scope import Scope


def meddle(scope: "Scope", method: str) -> None:
    """Do what the first of `faults.hands` for this method says; each acts once."""
    hand = next((hand for hand in scope.faults.hands if hand.before == method), None)
    if hand is None:
        return
    scope.faults.hands.remove(hand)
    _act(scope, hand)


def _act(scope: "Scope", hand: Hand) -> None:
    if hand.does in ("set", "stack"):
        full = scope.profile.wants_full_paths
        scope.batch.configure(
            hand.path, [f"{hand.path}/{name}" if full else name for name in hand.files]
        )
    if hand.does == "stack" and not scope.batch.working:
        scope.batch.start()
    if hand.does == "rename":
        scope.albums.folder(hand.path).rename(scope.albums.folder(hand.to))
    if hand.does == "copy":
        shutil.copytree(scope.albums.folder(hand.path), scope.albums.folder(hand.to))
