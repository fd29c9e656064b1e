"""Random keys at the real app, seeded, in a short form; `python -m tests.monkey_night` is the long
one."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2]))

from tests.monkey_night import run


@pytest.mark.parametrize("agent", [True, False], ids=["agent", "alone"])
def test_whatever_is_pressed_server_and_telescope_are_as_the_journal_says(agent: bool) -> None:
    assert run(5, 10, (120, 40), agent=agent) == []
