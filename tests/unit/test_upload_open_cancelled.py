"""A form that is opened for nobody any more is closed."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from crowdsky_tui.services.crowdsky.upload import UploadForm


async def test_a_form_whose_opening_was_cancelled_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, go_on, closed = threading.Event(), threading.Event(), asyncio.Event()

    class Form:
        def close(self) -> None:
            closed.set()

    def slow(*_: Any, **__: Any) -> Form:
        begun.set()
        assert go_on.wait(5)
        return Form()

    monkeypatch.setattr(UploadForm, "_open", slow)
    opening = asyncio.create_task(UploadForm.open(Path("a.fit"), None, {}))
    await asyncio.to_thread(begun.wait, 5)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert not closed.is_set()
    go_on.set()
    async with asyncio.timeout(60):
        await closed.wait()
