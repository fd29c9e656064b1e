"""Stacks that lie on this machine without a scope, as orders."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from crowdsky_tui.base.errors import FileDamaged, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks import (
    CrowdSkyName,
    as_fit,
    chunk_start,
    chunk_str,
    format_chunk_key,
    parse_crowdsky_name,
)
from crowdsky_tui.compute.client import Science
from crowdsky_tui.fits.messages import HeaderFacts
from crowdsky_tui.jobs.order import Order


async def local_orders(folder: Path, science: Science) -> tuple[list[Order], list[FileDamaged]]:
    """Every sound `CrowdSky_*` FITS file below `folder`, and what is wrong with the others.

    The telescope comes from the header, so that a file fetched from a scope before is known to be
    the same stack; so do chunk and key where the name does not tell them. Suffixes may be `.fit`
    or `.fits`, in any case.
    Raises UsageError if there is no such folder.
    """
    orders, damaged = [], []
    for path in await asyncio.to_thread(_find, folder):
        if parse_crowdsky_name(as_fit(path.name)) is None:
            continue
        try:
            orders.append(await local_order(path, science))
        except FileDamaged as error:
            damaged.append(error)
    return orders, damaged


async def local_order(path: Path, science: Science) -> Order:
    """The order of one stack on this machine; UsageError without a `CrowdSky_*` name."""
    name = parse_crowdsky_name(as_fit(path.name))
    if name is None:
        raise UsageError(
            f"{clean(path.name)} is not a CrowdSky_* stack",
            "its name does not tell target, exposure, filter and time",
            "Give it the name of a finished stack",
        )
    return _order(path, name, (await science.inspect(path)).header)


def _find(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", "", "Check --local-dir")
    return sorted(
        path
        for path in folder.rglob("CrowdSky_*")
        if path.suffix.lower() in {".fit", ".fits"} and path.is_file()
    )


def _order(path: Path, name: CrowdSkyName, header: HeaderFacts) -> Order:
    chunk = name.chunk or (chunk_str(header.date_obs) if header.date_obs else "")
    if not chunk:
        raise FileDamaged(
            f"{path.name} does not tell when it was taken",
            "neither its name nor its header has a usable time",
            "It cannot be sent",
        )
    key = "" if name.chunk_key else header_key(header, chunk)
    start: datetime = chunk_start(chunk).astimezone(UTC)
    return Order(
        scope="",
        serial=header.telescope.rpartition("_")[2],
        telescope=header.telescope,
        target=name.target,
        folder=name.target,
        chunk=chunk,
        exposure=name.exposure,
        filter=name.filter,
        start=start,
        end=start + timedelta(minutes=15),
        name=path.name,
        local_path=str(path.resolve()),
        key=key,
        object_name=header.object_name,
    )


def header_key(header: HeaderFacts, chunk: str) -> str:
    """The chunk key of a file by its header's place; "" if that names none."""
    return "" if header.pixel is None else format_chunk_key(chunk, header.pixel)


def with_key(order: Order, header: HeaderFacts) -> Order:
    """The order with the key by its file's header."""
    return msgspec.structs.replace(order, key=header_key(header, order.chunk))
