"""Work: names into blocks, listings, hashing, the journal."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from bench import floor
from bench.figures import Figure, compared, spread
from bench.listing import listings
from bench.made_up import NIGHT, light_names, row_fields
from bench.system import missing, tool
from bench.timing import alternately, timed
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.blocks import (
    chunk_str,
    filter_covered_blocks,
    group_frames_into_blocks,
    parse_coverage_from_filenames,
    parse_light_filename,
)
from crowdsky_tui.compute.client import Science
from crowdsky_tui.database.database import Database
from crowdsky_tui.database.records import Records
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.order import Order

GROUP = "Work"
ZONE = ZoneInfo("Europe/Vienna")
MB = 1_000_000


def run(quick: bool) -> Iterator[Figure]:
    """All figures of this group, as they come."""
    yield from _blocks((50_000,) if quick else (50_000, 500_000))
    yield from listings(5_000 if quick else 50_000)
    yield from asyncio.run(_inspections((12,) if quick else (12, 50)))
    yield asyncio.run(_transactions(200 if quick else 1000))
    yield asyncio.run(_records(5_000 if quick else 20_000))
    yield from asyncio.run(_qualities((12,) if quick else (12, 50)))


def stack_names(names: list[str]) -> list[str]:
    """Finished stacks of every other block of these sub-frames."""
    chunks = {
        chunk_str(frame.datetime.replace(tzinfo=ZONE))
        for name in names[::70]
        if (frame := parse_light_filename(name))
    }
    return [f"CrowdSky_70_M 81_10.0s_LP_{chunk}_HP006478.fit" for chunk in sorted(chunks)[::2]]


def unstacked(names: list[str], stacks: list[str]) -> int:
    """All that lies between a folder's names and its blocks without a stack."""
    frames = [frame for name in names if (frame := parse_light_filename(name))]
    blocks = group_frames_into_blocks(frames, zone=ZONE)
    covered = parse_coverage_from_filenames(stacks, ZONE)
    return len(filter_covered_blocks(blocks, covered, ZONE))


def _blocks(sizes: tuple[int, ...]) -> Iterator[Figure]:
    for size in sizes:
        names = light_names(size)
        stacks = stack_names(names)
        ours, floors = alternately(
            5,
            partial(timed, partial(unstacked, names, stacks)),
            partial(timed, partial(floor.parse_plainly, names)),
        )
        yield compared(
            GROUP,
            f"{size:,} names → blocks minus coverage",
            ours,
            floors,
            floor_name="re + strptime of each name",
            budget="blocks" if size == 50_000 else "",
            command="crowdsky_tui.blocks",
        )


def write_fits(path: Path, megabytes: float) -> Path:
    """A picture of about so many MB that passes the checks."""
    import numpy as np

    from crowdsky_tui.simulator.fits import fits_bytes

    rows = int(megabytes * MB) // (2 * 3 * 1080)
    pixels = np.random.default_rng(1).integers(900, 1100, (3, rows, 1080), dtype=np.uint16)
    cards: list[tuple[str, bool | int | float | str, str]] = [
        ("RA", 149.4, ""),
        ("DEC", 68.9, ""),
        ("DATE-OBS", f"{NIGHT:%Y-%m-%dT%H:%M:%S}", ""),
        ("FILTER", "LP", ""),
        ("EXPTIME", 10.0, ""),
        ("STACKCNT", 78, ""),
        ("TELESCOP", "S50_0000a3f0", ""),
        ("OBJECT", "M 81", ""),
    ]
    path.write_bytes(fits_bytes(pixels, cards))
    return path


async def _inspections(sizes: tuple[int, ...]) -> list[Figure]:
    figures = []
    science = Science()
    with tempfile.TemporaryDirectory(prefix="crowdsky-bench-") as folder:
        for size in sizes:
            path = write_fits(Path(folder) / f"{size}.fit", size)
            await science.inspect(path)
            ours, hashed, read = [], [], []
            for _ in range(7):
                begun = asyncio.get_running_loop().time()
                await science.inspect(path)
                ours.append((asyncio.get_running_loop().time() - begun) * 1000)
                hashed.append(floor.sha256sum_ms(path))
                read.append(floor.read_ms(path))
            name = f"FITS checks and SHA-256, {size} MB"
            if tool("sha256sum"):
                figures.append(
                    compared(GROUP, name, ours, hashed, floor_name="sha256sum", command="inspect")
                )
            else:
                figures.append(
                    compared(
                        GROUP,
                        name,
                        ours,
                        read,
                        floor_name="reading the file",
                        notes=missing("sha256sum"),
                    )
                )
    await science.close()
    return figures


async def _qualities(sizes: tuple[int, ...]) -> list[Figure]:
    """Stars and sky of a stack, in the child that is already running."""
    figures = []
    science = Science()
    with tempfile.TemporaryDirectory(prefix="crowdsky-bench-") as folder:
        for size in sizes:
            path = write_fits(Path(folder) / f"{size}.fit", size)
            await science.quality(path)
            ours, read = [], []
            for _ in range(5):
                begun = time.perf_counter()
                await science.quality(path)
                ours.append((time.perf_counter() - begun) * 1000)
                read.append(floor.read_ms(path))
            figures.append(
                compared(
                    GROUP,
                    f"quality of one stack, {size} MB",
                    ours,
                    read,
                    floor_name="reading the file",
                    command="Science.quality",
                )
            )
    await science.close()
    return figures


def order(number: int) -> Order:
    """The order of one made-up block of 78 sub-frames."""
    start = NIGHT - timedelta(minutes=15 * number)
    return Order(
        scope="S50 a349",
        serial=f"{number % 4:04d}a3f0",
        telescope=f"S50_{number % 4:04d}a3f0",
        target="M 81",
        folder="M 81",
        sub_folder="M 81_sub",
        chunk=str(row_fields(number)["chunk_key"]).partition("_")[0],
        exposure="10.0s",
        filter="LP",
        start=start,
        end=start + timedelta(minutes=15),
        files=tuple(light_names(78)),
    )


async def _records(count: int) -> Figure:
    """Records of a night into the database, from the call to the commit."""
    rates = []
    with tempfile.TemporaryDirectory(prefix="crowdsky-bench-") as folder:
        database = Database(Path(folder))
        records = Records(database, Clock(), most_waiting=count)
        await records.latest("scope")  # the file, its form and the imports
        for _ in range(5):
            begun = time.perf_counter()
            for number in range(count):
                records.insert("scope", {"temperature_c": 12.5, "step": number}, "S50")
            await records.flush()
            rates.append(count / (time.perf_counter() - begun))
        await database.close()
    return Figure(GROUP, "records of a night", "/s", spread(rates), budget="records", command="log")


async def _transactions(count: int) -> Figure:
    """Journalling jobs one by one, each on the disk before the next."""
    loop = asyncio.get_running_loop()
    ours, bare = [], []
    with tempfile.TemporaryDirectory(prefix="crowdsky-bench-") as folder:
        journal = Journal(Path(folder))
        await journal.open("bench")
        each = count // 5
        for run in range(5):
            orders = [order(run * each + number) for number in range(each)]
            begun = loop.time()
            for one in orders:
                await journal.add("stack", "confirm", one, datetime.now(UTC))
            ours.append(each / (loop.time() - begun))
            bare.append(each / floor.bare_transactions(Path(folder) / "bare.sqlite3", each))
        await journal.close()
    return compared(
        GROUP,
        "journal, durable transactions",
        ours,
        bare,
        unit="/s",
        floor_name="bare SQLite, WAL, synchronous=FULL",
        command="Journal.add",
        notes="ours looks for the same job, inserts, updates; the ratio is of speeds",
    )
