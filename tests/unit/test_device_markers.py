"""Where the `verify` marker goes, by firmware."""

from typing import Any

import pytest

from crowdsky_tui.instruments.seestar.connection.markers import Markers
from crowdsky_tui.instruments.seestar.connection.wire import NO_PARAMS


def markers(firmware: int | None) -> Markers:
    made = Markers()
    made.learn(firmware)
    return made


@pytest.mark.parametrize(
    ("params", "marked"),
    [
        (NO_PARAMS, ["verify"]),
        (None, ["verify"]),
        ({"page": 0}, {"page": 0, "verify": True}),
        ([2], [2, "verify"]),
        (7, [7, "verify"]),
        ("verify", "verify"),
    ],
)
def test_only_584_to_670_is_marked_inside(params: Any, marked: Any) -> None:
    for firmware in (2583, 2597, 2670, 2705):
        assert markers(firmware).mark("x", params) == marked
    for other in (None, 2582, 2706, 2718, 2775, 2931):
        assert markers(other).mark("x", params) is params


def test_a_method_that_dislikes_the_marker_is_not_marked_again() -> None:
    one = markers(2670)
    assert one.give_up("strict")
    assert not one.give_up("strict")
    assert one.mark("strict", {"a": 1}) == {"a": 1}
    assert one.mark("other", {"a": 1}) == {"a": 1, "verify": True}


def test_what_was_not_marked_cannot_be_given_up() -> None:
    one = markers(2775)
    assert not one.give_up("x")
    one.learn(2670)
    assert one.mark("x", NO_PARAMS) == ["verify"]


def test_unknown_firmware_leaves_what_worked() -> None:
    one = Markers()
    one.inside = True
    one.learn(None)
    assert one.inside
