"""The fixtures of these tests."""

import pytest
from driven import drive, text_snapshot

from crowdsky_tui.tui.widgets.panes import target_look

__all__ = ["drive", "text_snapshot"]


@pytest.fixture(autouse=True)
def resting_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The strip of the selected target does not wait until the cursor has rested."""
    monkeypatch.setattr(target_look, "REST_S", 0.001)
