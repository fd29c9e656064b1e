"""Read-only runs: the refusal of what would change an instrument."""

from crowdsky_tui.base.errors import ReadOnlyMode


def refuse_if_read_only(*, read_only: bool, doing: str) -> None:
    """Raise ReadOnlyMode if this run must not change a telescope; `doing` is what was wanted."""
    if read_only:
        raise ReadOnlyMode(
            f"{doing} is refused",
            "this run is read-only: nothing on a telescope is changed",
            "Leave out --read-only, or set read_only = false in the settings",
        )
