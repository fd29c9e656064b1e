"""`curves measure` tells why frames are refused: each reason once."""

from pathlib import Path
from typing import Any

import pytest

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.cli.curve_frames import Measure, measure
from crowdsky_tui.config.load import Settings


class Refusing:
    """A compute child that refuses every frame, for these reasons in turn."""

    def __init__(self, *reasons: str) -> None:
        self._reasons = iter(reasons)

    async def frame(self, request: Any) -> Any:
        raise FileDamaged(next(self._reasons))


async def test_a_field_that_is_no_catalogue_is_told_once_for_all_files(
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = (Path("a.fit"), Path("b.fit"), Path("c.fit"))
    options = Measure(action="measure", files=files, field=Path("bad.csv"))
    science: Any = Refusing("bad.csv is no catalogue", "bad.csv is no catalogue", "c.fit is torn")
    with pytest.raises(FileDamaged, match=r"bad\.csv is no catalogue"):
        await measure(options, Settings(), science)
    assert capsys.readouterr().err.splitlines() == ["c.fit is torn"]
