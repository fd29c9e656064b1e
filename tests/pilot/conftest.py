"""The fixtures of these tests."""

from driven import drive, text_snapshot

__all__ = ["drive", "text_snapshot"]
