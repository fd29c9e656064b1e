"""`--check-update`: asks the Python package index once whether there is a newer version."""

import os
import re

import msgspec

from crowdsky_tui import __version__
from crowdsky_tui.base.errors import ExitCode, ServerError
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.output import print_json
from crowdsky_tui.config.load import Settings
from crowdsky_tui.services.http.limits import Patience
from crowdsky_tui.services.http.polite import PoliteClient, Request

INDEX = "https://pypi.org"
PATH = "/pypi/crowdsky-tui/json"
WHAT = "the newest version could not be asked for"
PATIENCE = Patience(connect=10, read=10, write=10, whole=30)
LARGEST = 8 * 1024 * 1024
PLAIN = re.compile(r"\d{1,6}(\.\d{1,6}){0,3}")


class _Info(msgspec.Struct):
    version: str


class _Project(msgspec.Struct):
    info: _Info


async def check_update(settings: Settings, *, as_json: bool) -> int:
    """Print this version and the index's newest; nothing is changed.

    `CROWDSKY_INDEX` in the environment names another index than pypi.org.

    Raises
    ------
    ServerError
        If the index cannot be reached, or its answer tells no version.
    """
    newest = await newest_version(settings)
    newer = _figures(newest) > _figures(__version__)
    if as_json:
        print_json({"version": __version__, "newest": newest, "newer": newer})
    elif newer:
        print(f"{newest} is there; this is {__version__}. What changed: CHANGELOG.md")
    else:
        print(f"this is {__version__}; the index has nothing newer ({newest})")
    return ExitCode.OK


async def newest_version(settings: Settings) -> str:
    """The newest version that the index has. ServerError."""
    index = os.environ.get("CROWDSKY_INDEX") or INDEX
    agent = f"crowdsky-tui/{__version__}"
    client = PoliteClient(index, agent, name="package index", network=settings.network)
    try:
        answer = await client.whole(WHAT, Request(path=PATH), PATIENCE, limit=LARGEST)
    finally:
        await client.close()
    try:
        version = msgspec.json.decode(answer.body, type=_Project).info.version
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ServerError(WHAT, "the index's answer is not understood") from error
    if not PLAIN.fullmatch(version):
        raise ServerError(WHAT, f"the index names no plain version: {clean(version, 40)}")
    return version


def _figures(version: str) -> tuple[int, ...]:
    """`0.10.1` as (0, 10, 1), without zeros at the end: 0.2 is 0.2.0."""
    figures = [int(each) for each in version.split(".")]
    while figures and not figures[-1]:
        figures.pop()
    return tuple(figures)
