"""Whatever a stranger sends: every reader reads it or refuses it, in a moment.

At length: `python -m tests.fuzz --only readers --seeds 200`.
"""

import msgspec
import pytest
from reader_fuzz import BYTES, JSON, faults

from crowdsky_tui.base.errors import CrowdSkyError


@pytest.mark.parametrize("name", [*JSON, *BYTES])
def test_each_sample_is_one_that_its_reader_takes_or_refuses_in_words(name: str) -> None:
    read, sample = (JSON | BYTES)[name]
    body = sample if isinstance(sample, bytes) else msgspec.json.encode(sample)
    if name in ("alpaca error", "ticket", "weather"):
        with pytest.raises(CrowdSkyError):
            read(body)
    else:
        read(body)


def test_no_answer_leads_a_reader_to_a_fault() -> None:
    assert faults(1, rounds=20) == []
