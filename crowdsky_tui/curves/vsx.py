"""What the AAVSO's catalogues have for a project: ephemerides of the VSX, the chart of its field.

The VSX is asked by a project that says so alone. A chart's id is told only of what was compared
with its sequence: it is read from the project's field, where that is an answer of the VSP.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.files import read_plain
from crowdsky_tui.base.text import clean
from crowdsky_tui.compute.client import Science
from crowdsky_tui.curves.eclipse_ephemeris import USUAL_WIDTH, Ephemeris, checked_ephemeris
from crowdsky_tui.curves.project import Project
from crowdsky_tui.plan.alerts.reading import NotUnderstood
from crowdsky_tui.plan.alerts.vsx import VariableStar, read_vsp, read_vsx
from crowdsky_tui.timeseries.series_messages import EpochRequest

if TYPE_CHECKING:
    from crowdsky_tui.services.alert_sources.client import AlertSources

MOST_FIELD = 2_000_000
CHART_SIGNS = 20


class Found(msgspec.Struct, frozen=True):
    """What the VSX says of a target, and the eclipses that follow; `why` there are none."""

    star: str
    known: VariableStar | None
    eclipses: Ephemeris | None = None
    why: str = ""


async def ask_vsx(project: Project, star: str, client: "AlertSources", science: Science) -> Found:
    """The eclipses of a target by the VSX, its epoch turned into BJD (TDB).

    Raises
    ------
    UsageError
        The project does not say that the VSX may be asked.
    NotUnderstood, ServerError
        It was asked, and that failed.
    """
    if not project.asks_vsx:
        raise UsageError(
            f"{project.name} asks nobody for ephemerides",
            "",
            f"curves project {project.name} --vsx",
        )
    known = read_vsx(await client.vsx(star))
    if known is None:
        return Found(star, None, why="the VSX does not know it")
    if not known.type.upper().startswith("E"):
        return Found(star, known, why=f"of type {clean(known.type, 20) or 'unknown'}, no eclipses")
    if known.period_d is None or known.epoch is None:
        return Found(star, known, why="the VSX has no ephemeris of it")
    epoch = await science.epoch(
        EpochRequest(hjd_utc=known.epoch, ra_deg=known.ra_deg, dec_deg=known.dec_deg)
    )
    return Found(star, known, checked_ephemeris(star, known.period_d, epoch, USUAL_WIDTH))


def chart_of(field: str) -> str:
    """The id of the chart that a field is the sequence of; empty where it is another kind of file.

    Reads a file: it blocks.
    """
    try:
        content = read_plain(Path(field), MOST_FIELD)
        if not content.lstrip().startswith(b"{"):
            return ""
        return clean(read_vsp(content)[0], CHART_SIGNS)
    except (OSError, NotUnderstood):
        return ""
