"""Read-only runs: what a telescope may still be asked."""

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
