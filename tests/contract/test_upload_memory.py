"""A 50 MB upload takes little memory, whatever the garbage collector does."""

import asyncio
import subprocess
import sys
from pathlib import Path

from raw_kit import standin_at, write_light

SCRIPT = """
import asyncio, resource, sys
from crowdsky_tui.services.crowdsky.client import CrowdSkyServer

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

async def main(url, username, password, small, large):
    client = CrowdSkyServer(url, username, password)
    await client.upload_stack(small, scrub_location=1)
    before = peak()
    await client.upload_stack(large, scrub_location=1)
    print(peak() - before)
    await client.close()

asyncio.run(main(*sys.argv[1:]))
"""
MOST_GROWTH = 20 * 1024 * 1024


async def test_fifty_megabytes_take_twenty(tmp_path: Path) -> None:
    small = write_light(tmp_path / "small.fit")
    large = write_light(tmp_path / "large.fit")
    with large.open("r+b") as file:
        file.truncate(52_000_000)
    async with standin_at(tmp_path / "server") as standin:
        standin.worker.paused = True
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", SCRIPT, standin.url, standin.username, standin.password),
            *(str(small), str(large)),
            stdout=subprocess.PIPE,
        )
        output, _ = await process.communicate()
        assert process.returncode == 0
        assert standin.requests["upload_stack"].bytes_in > 52_000_000
    assert 0 <= int(output) < MOST_GROWTH
