"""The `verify` marker that firmware 5.84 to 6.70 wants inside the parameters.

Older firmware wants none, newer takes one beside `method`, which is harmless everywhere. From 7.06
on, strict methods refuse one inside (107, 109).

Source: docs/design/seestar-protocol.md 1.2.
"""

from crowdsky_tui.instruments.seestar.connection.wire import NO_PARAMS

VERIFY = "verify"
INSIDE_FROM, INSIDE_BELOW = 2583, 2706
WRONG_PARAMS = frozenset({107, 109})


class Markers:
    """How one telescope wants its commands marked; `inside` says whether within the parameters."""

    def __init__(self) -> None:
        self.inside = False
        self._plain: set[str] = set()

    def learn(self, firmware_int: int | None) -> None:
        """Choose by firmware; where that is not known, what worked stays."""
        if firmware_int is not None:
            self.inside = INSIDE_FROM <= firmware_int < INSIDE_BELOW

    def give_up(self, method: str) -> bool:
        """The method refused its parameters: whether it was marked; from now on it is not."""
        marked = self.inside and method not in self._plain
        if marked:
            self._plain.add(method)
        return marked

    def mark(self, method: str, params: object) -> object:
        """The parameters to send."""
        if not self.inside or method in self._plain or params == VERIFY:
            return params
        if params is NO_PARAMS or params is None:
            return [VERIFY]
        if isinstance(params, dict):
            return {**params, VERIFY: True}
        return [*params, VERIFY] if isinstance(params, list) else [params, VERIFY]
