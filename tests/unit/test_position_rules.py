"""Where a target points: by the newest block whose header tells it."""

from types import SimpleNamespace
from typing import Any

import pytest
from test_survey import facts

from crowdsky_tui.base.errors import FileDamaged, UsageError
from crowdsky_tui.blocks import TargetKey
from crowdsky_tui.instruments.seestar.files.records import HEADER_BYTES
from crowdsky_tui.instruments.seestar.stacking import find_finished
from crowdsky_tui.progress.situation import orders_of
from crowdsky_tui.progress.target_positions import block_pixel, pixel_of, position_of

M81 = TargetKey("a", "M 81")


class Headers:
    """A night whose sub-frames' headers say `told`, by the name's number from the end."""

    def __init__(self, **told: Any) -> None:
        self.facts = facts(frames=60)  # in two blocks
        self.told = told
        self.read: list[tuple[Any, ...]] = []
        self.files = self.science = self
        self.watches: Any = {"a": SimpleNamespace(targets={"M 81": self.facts}, service=self)}

    async def read_range(self, *what: Any) -> bytes:
        self.read.append(what)
        return str(what[0]).encode()

    async def header_facts(self, head: bytes) -> Any:
        plain = {"ra_deg": 148.9, "dec_deg": 69.1, "pixel": 6478}
        newest = self.facts.blocks[-1].files[-1].encode()
        told = plain | (self.told if head.endswith(newest) else {"pixel": 7})
        if isinstance(told["pixel"], Exception):
            raise told["pixel"]
        return SimpleNamespace(**told)


async def test_the_newest_blocks_last_sub_frame_tells() -> None:
    night: Any = Headers()
    assert await position_of(night, M81) == (148.9, 69.1)
    assert await pixel_of(night, M81) == 6478
    newest = f"MyWorks/M 81_sub/{night.facts.blocks[-1].files[-1]}"
    assert night.read == [(newest, 0, HEADER_BYTES)] * 2


@pytest.mark.parametrize("lack", ["ra_deg", "dec_deg", "pixel"])
async def test_a_header_that_does_not_tell_all_is_passed_over(lack: str) -> None:
    night: Any = Headers(**{lack: None})
    assert await pixel_of(night, M81) == 7 and len(night.read) == 2


async def test_where_no_header_tells_it_is_said() -> None:
    night: Any = Headers(ra_deg=None)
    night.watches["a"].targets["M 81"] = facts(frames=0)
    with pytest.raises(UsageError, match="M 81 has no position"):
        await position_of(night, M81)


async def test_a_blocks_own_first_sub_frame_tells_its_tile_or_nobody_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(find_finished, "READ_ATTEMPTS", 1)
    night: Any = Headers()
    order = orders_of(night.facts)[0]
    assert await block_pixel(night, order) == 7
    assert night.read[0][0] == f"MyWorks/M 81_sub/{order.files[0]}"

    async def damaged(_head: bytes) -> Any:
        raise FileDamaged("cut off")

    night.header_facts = damaged
    assert await block_pixel(night, order) is None
