"""What a screen reads in the background, where a new reading takes the place of the one before."""

from collections.abc import Callable, Coroutine
from typing import Any, cast

from textual.dom import DOMNode


def read_anew(screen: DOMNode, read: Callable[[], Coroutine[Any, Any, None]], group: str) -> None:
    """Run `read` as a worker of the screen; the one of this group that is at it ends.

    It is called when its turn comes: a coroutine made before that is never awaited where the next
    reading takes its place at once.
    """
    screen.run_worker(cast("Any", read), group=group, exclusive=True, exit_on_error=False)
