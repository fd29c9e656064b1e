"""The seeded plan of one case: where the process dies, and what else goes wrong meanwhile."""

from collections.abc import Sequence
from random import Random

import msgspec

STACK_STEPS = (
    "asking stack",
    "asked stack",
    "stack running",
    *(
        f"stack {tense} {step}"
        for step in ("clear", "set", "start", "follow", "companions", "rename")
        for tense in ("noting", "noted")
    ),
    "scope cleared",
    "scope set",
    "scope started",
    "scope working",
    "scope followed",
    "scope renamed picture",
    "scope linked",
    "scope renamed stack",
    "stack proving",
    "stack proved",
)
FETCH_STEPS = (
    "fetch running",
    "fetch noting download",
    "fetch noted download",
    "file begun",
    "file half",
    "file piece",
    "file whole",
    "file naming",
    "file named",
    "ledger noting fetched",
    "ledger noted fetched",
    "fetch proving",
    "fetch proved",
)
UPLOAD_STEPS = (
    "server listing",
    "server listed",
    "upload running",
    "upload noting send",
    "upload noted send",
    "ledger noting sending",
    "ledger noted sending",
    "body opening",
    "body begun",
    "body piece left",
    "ledger noting doubt",
    "ledger noted doubt",
    "body before last byte",
    "body last byte left",
    "server answered",
    "ledger noting sent",
    "ledger noted sent",
    "upload proving",
    "upload proved",
)
CONFIRM_STEPS = (
    "confirm running",
    "confirm waiting",
    "ledger noting confirmed",
    "ledger noted confirmed",
    "confirm proving",
    "confirm proved",
)
PURGE_STEPS = (
    "asking purge",
    "asked purge",
    "purge running",
    "purge noting delete",
    "purge noted delete",
    "purge deleted",
    "purge proving",
    "purge proved",
)


def _move_steps(kind: str) -> tuple[str, ...]:
    """The steps of a job of `jobs.clean` that moves files."""
    return (
        f"asking {kind}",
        f"asked {kind}",
        f"{kind} running",
        f"{kind} noting move",
        f"{kind} noted move",
        f"{kind} made folder",
        f"{kind} linked",
        f"{kind} renamed picture",
        f"{kind} renamed stack",
        f"{kind} proving",
        f"{kind} proved",
    )


HOLD_STEPS = _move_steps("hold")
UNHOLD_STEPS = _move_steps("unhold")
EMPTY_STEPS = tuple(step.replace("purge", "empty") for step in PURGE_STEPS)
SYNC_STEPS = (*STACK_STEPS, *FETCH_STEPS, *UPLOAD_STEPS, *CONFIRM_STEPS)
TIDY_STEPS = {
    "purge": PURGE_STEPS,
    "hold": HOLD_STEPS,
    "unhold": UNHOLD_STEPS,
    "empty": EMPTY_STEPS,
}
STEPS = (*SYNC_STEPS, *(step for steps in TIDY_STEPS.values() for step in steps))

SERVER_FAULTS = (
    ("my_stacks", "status:503"),
    ("my_stacks", "html"),
    ("my_stacks", "error_in_200"),
    ("my_stacks", "truncate"),
    ("my_stacks", "empty"),
    ("upload_stack", "status:503"),
    ("upload_stack", "reset_upload"),
    ("upload_stack", "lost_reply"),
    ("upload_stack", "reset_reply"),
)
FIRMWARES = ("6.70", "7.06", "7.18", "7.32", "7.75", "8.46", "8.89")
BLOCKS = 3


class Death(msgspec.Struct, frozen=True):
    """A point of `doomed.py` and at which of its passages the process dies there."""

    point: str
    nth: int = 1


class Plan(msgspec.Struct, frozen=True):
    """One case of the matrix; the same `step` and `seed` make the same plan.

    `deaths` come one after another, each in a run of its own. `faults` are of the server:
    endpoint, kind (`status:503` is a status), and at which request. With `power` it is the power
    that fails, and what was written since the last fsync is lost.
    """

    step: str
    seed: int
    deaths: tuple[Death, ...]
    firmware: str
    faults: tuple[tuple[str, str, int], ...]
    power: bool = False

    @property
    def tidies(self) -> str:
        """Which kind of `TIDY_STEPS` it is about; "" for the way from sub-frames to the server."""
        return next((kind for kind, steps in TIDY_STEPS.items() if self.step in steps), "")

    def __str__(self) -> str:
        return f"--step {self.step!r} --seed {self.seed}{' --power' if self.power else ''}"


def make_chain(steps: Sequence[str]) -> Plan:
    """One case that dies at each of these steps, in one run after another."""
    return Plan(steps[0], 0, tuple(Death(step) for step in steps), "7.75", ())


def make_plan(step: str, seed: int, *, power: bool = False) -> Plan:
    """Seed 1 is the plain case: dies once, at the first passage, and nothing else goes wrong."""
    if seed == 1:
        return Plan(step, seed, (Death(step),), "7.75", (), power)
    random = Random(f"{seed}/{step}")
    deaths = [Death(step, random.randint(1, BLOCKS))]
    pool = next((steps for steps in TIDY_STEPS.values() if step in steps), SYNC_STEPS)
    while random.random() < 0.4 and len(deaths) < 4:
        deaths.append(Death(random.choice(pool), random.randint(1, BLOCKS)))
    faults = []
    while random.random() < 0.4:
        endpoint, kind = random.choice(SERVER_FAULTS)
        faults.append((endpoint, kind, random.randint(1, 4)))
    return Plan(step, seed, tuple(deaths), random.choice(FIRMWARES), tuple(faults), power)
