"""The first use of the database in a running app: memory and time, to SQLAlchemy alone.

Each in a process of its own in which the app's modules are there already, as in a night.
"""

import json
import subprocess
import tempfile
from collections.abc import Iterator

from bench.figures import Figure, compared, spread
from bench.floor import PYTHON

GROUP = "Database"
_MEASURE = """
import asyncio, json, sys, time
from pathlib import Path
import textual.app, crowdsky_tui.night.night
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.database.database import Database
from crowdsky_tui.database.records import Records

def held():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private")) / 1024

async def ours():
    database = Database(Path(sys.argv[1]))
    records = Records(database, Clock())
    records.insert("scope", {"temperature_c": 12.5}, "S50")
    await records.flush()
    await records.latest("scope")
    await database.close()

def floor():
    import sqlalchemy
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("SELECT 1"))

before, begin = held(), time.process_time()
asyncio.run(ours()) if sys.argv[2] == "ours" else floor()
print(json.dumps([held() - before, 1000 * (time.process_time() - begin)]))
"""


def run(quick: bool) -> Iterator[Figure]:
    """Memory and processor time, each one figure."""
    runs = 3 if quick else 7
    ours, floors = ([_once(which) for _ in range(runs)] for which in ("ours", "floor"))
    yield Figure(
        GROUP,
        "first use of the database, memory",
        "MiB",
        spread([memory for memory, _ in ours]),
        budget="database-memory",
        command="log",
        notes=f"SQLAlchemy alone {min(memory for memory, _ in floors):.1f} MiB",
    )
    yield compared(
        GROUP,
        "first use of the database, processor time",
        [taken for _, taken in ours],
        [taken for _, taken in floors],
        unit="ms",
        floor_name="SQLAlchemy alone, SELECT 1",
        budget="database-time",
        command="log",
    )


def _once(which: str) -> tuple[float, float]:
    """MiB and milliseconds of the processor."""
    with tempfile.TemporaryDirectory(prefix="crowdsky-bench-") as folder:
        done = subprocess.run(
            [*PYTHON, "-c", _MEASURE, folder, which],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    memory, taken = json.loads(done.stdout)
    return memory, taken
