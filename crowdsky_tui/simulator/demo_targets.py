"""The list of targets of the demo night, as the copy in plain text from which the app makes it."""

from pathlib import Path

COPY = "targets.csv"
"""As `plan.target_list` calls it, which this may not import; a test compares them."""
LIST = """\
uid,name,ra_deg_j2000,dec_deg_j2000,kind,priority,timeliness,blocks_per_visit,min_run
demo-m51,M 51,202.4696,47.1952,routine,2,,4,2
demo-m81,M 81,148.8882,69.0653,routine,2,,4,2
demo-m101,M 101,210.8023,54.3490,routine,3,,6,2
demo-m13,M 13,250.4235,36.4613,routine,2,,4,2
demo-tcrb,T CrB,239.87567,25.92017,monitor,5,every 1d,2,2
demo-sscyg,SS Cyg,325.67846,43.58624,monitor,4,every 3d,1,1
demo-chcyg,CH Cyg,291.13779,50.24142,monitor,3,every 5d,1,1
demo-m42,M 42,83.8221,-5.3911,opportunistic,1,,2,2
"""
"""J2000 degrees; M 42 has set by the time the demo begins."""


def write_targets(state_dir: Path) -> None:
    """Put the list where the app looks for it; one that is there stays."""
    path = state_dir / COPY
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(LIST, encoding="utf-8")
