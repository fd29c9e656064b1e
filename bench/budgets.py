"""The budgets, in one place: for the report, and for the guards in tests/.

Only what does not depend on the machine may gate: bytes, module names, wake-ups, rows, memory
growth. Everything that is a time is a ratio to a floor of the same run, and is reported only.
"""

from enum import StrEnum

import msgspec


class Verdict(StrEnum):
    """How a figure stands to its budget."""

    NONE = ""
    MET = "met"
    MISSED = "missed"
    UNKNOWN = "not measured"


class Budget(msgspec.Struct, frozen=True):
    """A limit that must not be exceeded (`at_least`: undercut).

    `of_ratio` says that it is about the ratio to the floor, not about the value. `gates` marks what
    a test may hold us to.
    """

    text: str
    limit: float
    of_ratio: bool = False
    at_least: bool = False
    gates: bool = False


def _ratio(limit: float, text: str = "") -> Budget:
    return Budget(text or f"≤ {limit:g} ×", limit, of_ratio=True)


BUDGETS: dict[str, Budget] = {
    "first-frame": _ratio(1.4),
    "usable": _ratio(1.6),
    "modules": Budget("no astropy, numpy, httpx, smb, sqlite3, night", 0, gates=True),
    "first-frame-bytes": Budget("≤ 10,000 B", 10_000, gates=True),
    "help-modules": Budget("neither Textual nor astropy", 0, gates=True),
    "memory-empty": Budget("≤ 55 MiB", 55),
    "memory-full": Budget("≤ 110 MiB", 110),
    "idle-bytes": Budget("≤ 150 B/s", 150, gates=True),
    "idle-cpu": Budget("≤ 2 %", 2),
    "idle-wakeups": Budget("≤ 25 /s", 25, gates=True),
    "busy-bytes": Budget("≤ 600 B/s", 600, gates=True),
    "key-busy": Budget("p95 ≤ 15 ms", 15),
    "cursor-bytes": Budget("≤ 500 B", 500, gates=True),
    "page-bytes": Budget("≤ 5,000 B", 5000, gates=True),
    "many-rows": _ratio(2.0),
    "loop-lag": Budget("p99 ≤ 50 ms", 50),
    "blocks": _ratio(0.2, "≤ 1/5"),
    "altitudes": _ratio(1.2),
    "plan-20": _ratio(1 / 8, "≤ 1/8"),
    "plan-100": _ratio(1 / 40, "≤ 1/40"),
    "plan-again": _ratio(1 / 300, "≤ 1/300"),
    "plan-used": Budget("≥ 3 ×", 3, of_ratio=True, at_least=True),
    "plan-400": Budget("≤ 1.5 s", 1.5),
    "plan-change": Budget("≤ 100 ms", 100),
    "plan-merit": Budget("≥ 0.97 of the optimum", 0.97, of_ratio=True, at_least=True),
    "photometry-cpu": _ratio(1 / 5, "≤ 1/5"),
    "photometry-scatter": _ratio(1.0, "not more"),
    "records": Budget("≥ 10,000 /s", 10_000, at_least=True),
    "database-memory": Budget("≤ 14 MiB more", 14),
    "database-time": _ratio(1.6),
    "transfer": Budget("≥ 0.9 × curl's speed", 0.9, of_ratio=True, at_least=True),
    "transfer-memory": Budget("≤ 20 MiB more", 20, gates=True),
    "devices-cpu": Budget("≤ 2 %", 2),
    "night": _ratio(1.1),
    "neighbours": _ratio(1.1),
    "night-growth": Budget("≤ 20 MiB from first to last", 20, gates=True),
    "handles": Budget("no more at the end than in the middle", 0, gates=True),
    "linear": Budget("n^1.1 or less", 1.1),
}


def judge(budget: Budget, value: float) -> Verdict:
    """Whether `value` keeps the budget."""
    met = value >= budget.limit if budget.at_least else value <= budget.limit
    return Verdict.MET if met else Verdict.MISSED
