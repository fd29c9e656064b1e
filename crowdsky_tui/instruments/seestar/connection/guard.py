"""Read-only runs: what a telescope may still be asked, and the refusal of the rest."""

from crowdsky_tui.base.errors import ReadOnlyMode

_READING_PREFIXES = ("get_", "scope_get_", "pi_get_")
_READING = frozenset(
    {
        "test_connection",
        "iscope_get_app_state",
        "pi_is_verified",
        "pi_station_state",
        "pi_output_get2",
        "verify_client",
        "is_stacked",
        "scan_iscope",
    }
)


def only_reads(method: str) -> bool:
    """Whether a command of the telescope changes nothing there; unknown ones do."""
    return method in _READING or method.startswith(_READING_PREFIXES)


def refuse_if_read_only(read_only: bool, doing: str) -> None:
    """Raise ReadOnlyMode if this run must not change a telescope; `doing` is what was wanted."""
    if read_only:
        raise ReadOnlyMode(
            f"{doing} is refused",
            "this run is read-only: nothing on a telescope is changed",
            "Leave out --read-only, or set read_only = false in the settings",
        )
