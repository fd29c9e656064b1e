"""Memory that was freed goes back to the system."""

import subprocess
import sys
from pathlib import Path

import pytest

from crowdsky_tui.database import engine as engines

LARGE_BESIDE_SMALL = """
import mmap
from pathlib import Path
from crowdsky_tui.base.memory import give_back_large_blocks
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE / 2**20
give_back_large_blocks()
before, kept = resident(), []
bytes(20 << 20)
for _ in range(5):
    large = [bytes(3 << 20) for _ in range(4)]
    kept.append(bytes(900))
    del large
print(resident() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux")
def test_a_small_block_does_not_hold_large_ones_that_were_freed_below_it() -> None:
    run = subprocess.run(
        [sys.executable, "-c", LARGE_BESIDE_SMALL], capture_output=True, text=True, check=True
    )
    assert float(run.stdout) < 6, "some 12 MiB stay with glibc's own habits"


def test_sqlite_takes_little_memory_for_pages_of_the_database(tmp_path: Path) -> None:
    engine = engines.open_file(tmp_path / "database.sqlite3")
    with engine.connect() as connection:
        kept = connection.exec_driver_sql("PRAGMA cache_size").scalar_one()
    engine.dispose()
    assert kept == -engines.CACHE_KIB
