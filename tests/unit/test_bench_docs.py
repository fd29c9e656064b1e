"""docs/measurements.md has a place for the measurements, and one command fills it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench.docs import PAGE, put_table


def test_the_table_replaces_the_one_before(tmp_path: Path) -> None:
    copy = tmp_path / "measurements.md"
    copy.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    put_table("| one |", copy)
    put_table("| two |\n", copy)
    text = copy.read_text(encoding="utf-8")
    assert text.count("| two |") == 1
    assert "| one |" not in text
    assert text.rstrip().splitlines()[-1] == PAGE.read_text().rstrip().splitlines()[-1]


def test_a_page_without_the_marks_is_left_alone(tmp_path: Path) -> None:
    plain = tmp_path / "measurements.md"
    plain.write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="no place"):
        put_table("| one |", plain)
    assert plain.read_text(encoding="utf-8") == "nothing"
