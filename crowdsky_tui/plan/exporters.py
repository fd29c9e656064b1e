"""The list of targets as other programs read it. Pure."""

import csv
import io
import json
from collections.abc import Callable, Sequence

from crowdsky_tui.plan.target import Target
from crowdsky_tui.plan.target_csv import targets_csv

BLOCK_S = 900


def target_scheduler(targets: Sequence[Target]) -> str:
    """The CSV of N.I.N.A.'s Target Scheduler."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("Type", "Name", "Ra", "Dec", "Rotation", "ROI"))
    for each in targets:
        writer.writerow(("DeepSky", each.name, _hms(each), _dms(each), 0, 100))
    return text.getvalue()


def skysafari(targets: Sequence[Target]) -> str:
    """SkySafari's observing list: names without places."""
    lines = ["SkySafariObservingListVersion=3.0", "SortedBy=Default Order"]
    for each in targets:
        lines += ["SkyObject=BeginObject", "   ObjectID=4,-1,-1"]
        lines += [f"   CommonName={each.alt_names[0]}"] if each.alt_names else []
        lines += [f"   CatalogNumber={each.name}", "EndObject=SkyObject"]
    return "".join(f"{line}\n" for line in lines)


def seestar_alp(targets: Sequence[Target]) -> str:
    """A schedule of seestar_alp: one mosaic of one panel for each target, in this order."""
    steps = [
        {
            "action": "start_mosaic",
            "params": {
                "target_name": each.name,
                "ra": _hms(each).replace(" ", ""),
                "dec": _dms(each, ("d", "m", "s")).replace(" ", ""),
                "is_j2000": True,
                "is_use_lp_filter": each.filter == "LP",
                "panel_time_sec": each.blocks_per_visit * BLOCK_S,
                "ra_num": 1,
                "dec_num": 1,
                "panel_overlap_percent": 20,
            },
        }
        for each in targets
    ]
    return json.dumps({"version": 1.0, "list": steps}, indent=2, ensure_ascii=False) + "\n"


FORMATS: dict[str, Callable[[Sequence[Target]], str]] = {
    "csv": targets_csv,
    "ts": target_scheduler,
    "skysafari": skysafari,
    "ssc": seestar_alp,
}


def _hms(target: Target) -> str:
    """`05h 35m 17.30s`."""
    hundredths = round(target.ra_deg_j2000 / 15 * 360_000) % (24 * 360_000)
    minutes, seconds = divmod(hundredths, 6000)
    return f"{minutes // 60:02d}h {minutes % 60:02d}m {seconds / 100:05.2f}s"


def _dms(target: Target, signs: Sequence[str] = ("°", "'", '"')) -> str:
    """`-05° 23' 28.0"`: the sign stands before the zero, too."""
    tenths = round(abs(target.dec_deg_j2000) * 36_000)
    minutes, seconds = divmod(tenths, 600)
    sign = "-" if target.dec_deg_j2000 < 0 else "+"
    degree, minute, second = signs
    return (
        f"{sign}{minutes // 60:02d}{degree} {minutes % 60:02d}{minute} {seconds / 10:04.1f}{second}"
    )
