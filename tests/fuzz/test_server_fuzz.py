"""Whatever the server answers: no traceback, no call without an end, and work goes on afterwards.

At length: `python -m tests.fuzz --seeds 200`.
"""

from pathlib import Path

import pytest
from server_fuzz import fuzz_server, fuzz_watch


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_answer_of_the_server_leads_to_a_fault(seed: int, tmp_path: Path) -> None:
    assert await fuzz_server(seed, tmp_path, rounds=15) == []


async def test_no_answer_of_the_server_ends_the_watch_of_its_list(tmp_path: Path) -> None:
    assert await fuzz_watch(1, tmp_path, looks=25) == []
