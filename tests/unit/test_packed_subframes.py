"""Packed sub-frames are in no block, so they are named and waited for, as odd names are."""

import pytest

from crowdsky_tui.instruments.seestar.files.files import RemoteFile
from crowdsky_tui.instruments.seestar.files.records import Target
from crowdsky_tui.instruments.seestar.files.targets import files_left_out

NAME = "Light_M 81_20.0s_LP_20260227-224501"


def left_out(name: str) -> list[str]:
    target = Target("M 81", 1, 0, "M 81", "M 81_sub")
    file = RemoteFile(name, 4_000_000, None)
    return [each.reason for each in files_left_out(target, [file], [], [])]


@pytest.mark.parametrize("end", [".fit.gz", ".FIT.GZ", ".fits.fz", ".fit.bz2", ".fts.zip", ".fz"])
def test_a_packed_sub_frame_is_named(end: str) -> None:
    (reason,) = left_out(NAME + end)
    assert "not understood" in reason and NAME in reason


@pytest.mark.parametrize("end", [".fit", ".jpg", "_thn.jpg", ".gz", ".fit.tmp", "_failed.fit.gz"])
def test_what_is_a_sub_frame_or_none_is_not(end: str) -> None:
    assert left_out(NAME + end) == []
