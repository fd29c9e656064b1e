"""Whatever a telescope answers, tells or serves: no traceback, no dead loop, work goes on.

At length: `python -m tests.fuzz --seeds 200`.
"""

from pathlib import Path

import pytest
from scope_fuzz import fuzz_files, fuzz_scope, fuzz_scope_watch


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_reply_or_event_of_a_telescope_leads_to_a_fault(seed: int, tmp_path: Path) -> None:
    assert await fuzz_scope(seed, tmp_path, rounds=5) == []


async def test_no_file_that_a_telescope_serves_leads_to_a_fault(tmp_path: Path) -> None:
    assert await fuzz_files(1, tmp_path, rounds=25) == []


async def test_no_answer_of_a_telescope_ends_its_watch(tmp_path: Path) -> None:
    assert await fuzz_scope_watch(1, tmp_path, answers=120) == []
