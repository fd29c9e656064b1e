"""What names a target and a block, from the folder to the proof.

A key holds the names as the telescope writes them: it is compared and looked up, never shown. What
is shown beside it is cleaned by whoever makes the record that is shown; two names that look alike
when they are cleaned stay two keys.
"""

from typing import NamedTuple


class TargetKey(NamedTuple):
    """A target on a scope: `scope` as the settings call it, `name` as its folder does."""

    scope: str
    name: str


class BlockKey(NamedTuple):
    """A block of a target: `chunk` (`YYYYMMDD.CC`, UTC), exposure (`10.0s`) and filter."""

    target: TargetKey
    chunk: str
    exposure: str
    filter: str
