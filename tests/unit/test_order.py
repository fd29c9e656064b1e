"""Test files that wait are spread among those that compute."""

import pytest

from tests.order import spread


@pytest.mark.parametrize(
    ("few", "many", "order"),
    [
        ("", "abc", "abc"),
        ("XY", "", "XY"),
        ("X", "abc", "Xabc"),
        ("XY", "abcd", "XabYcd"),
        ("XYZ", "ab", "XaYbZ"),
    ],
)
def test_few_are_spread_among_many(few: str, many: str, order: str) -> None:
    assert "".join(spread(few, many)) == order
