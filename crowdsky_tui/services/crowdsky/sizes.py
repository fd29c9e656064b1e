"""How large a file the server takes, and what to say of one that comes close."""

MAX_FILE_BYTES = 50 * 1024 * 1024
"""The application's limit (docs/design/crowdsky-protocol.md 2.0)."""
NEAR = 0.94
"""A native S30 Pro stack has 49.8 MB: 95 % of the limit."""


def near_limit(size: int) -> str:
    """`""`, or a clause that warns of a size near or beyond what the server takes."""
    if size > MAX_FILE_BYTES:
        return "; it is larger than the 50 MiB that the server takes"
    share = size / MAX_FILE_BYTES
    return f"; it has {share:.0%} of the 50 MiB that the server takes" if share >= NEAR else ""
