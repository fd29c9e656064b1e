"""A site with two telescopes, a rig and two sensors, of which one decides on safety."""

from crowdsky_tui.night.instrument_tree import InstrumentTree, Node, Value

SCOPES = (
    Node(
        "S50 a349",
        "telescope",
        "Seestar S50",
        "observing M 81",
        values=(
            Value("activity", "observing M 81", 4.0),
            Value("at", "09h55.5m +69°04′", 4.0),
            Value("temperature", "12.5 °C", 4.0),
            Value("free space", "36.5 GB", 4.0),
        ),
    ),
    Node(
        "S30 10d5",
        "telescope",
        "Seestar S30",
        "not reachable",
        "it does not answer",
        fine=False,
        values=(Value("free space", "12.0 GB", 7200.0),),
        remembered=True,
    ),
)
RIGS = (
    Node(
        "hut", "telescope", "rig", "taking frames",
        values=(
            Value("activity", "taking frames", 3.0),
            Value("target", "SS Cyg", 3.0),
            Value("at", "21h43.8m +43°42′", 3.0),
            Value("tracking", "yes", 3.0),
            Value("frames kept", "12", 3.0),
            Value("dropped", "1", 3.0),
            Value("filter", "LP", 3.0),
            Value("exposure", "60 s", 3.0),
            Value("focus", "1500 steps", 3.0),
            Value("picture", "SS Cyg, 60 s LP", 64.0),
        ),
    ),
)  # fmt: skip
SENSORS = (
    Node(
        "roof", "sensor", "json", "answers",
        values=(Value("air", "8.0 °C", 12.0), Value("it says", "unsafe", 12.0)),
        decides_safety=True,
    ),
    Node("sky meter", "sensor", "sqm", "no reading yet"),
)  # fmt: skip
SITE = Node("garden", "site", values=(Value("place", "set"),))


def tree() -> InstrumentTree:
    """Rain over the garden, as the demo shows it."""
    return InstrumentTree(
        SITE, (*SCOPES, *SENSORS, *RIGS), "unsafe", "unsafe: roof: wet 12 s ago",
        ("roof: wet 12 s ago",), stand_in=True,
    )  # fmt: skip


def alone() -> InstrumentTree:
    """A site at which nothing stands."""
    return InstrumentTree(SITE)
