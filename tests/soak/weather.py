"""What goes wrong now and then, seeded: at the server by request, at telescopes by chance."""

import asyncio
from random import Random

from crowdsky_tui.simulator.crowdsky.server import CrowdSkyStandIn, Fault
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn

SERVER_FAULTS = {
    "my_stacks": (
        Fault("status", status=503, retry_after=1),
        Fault("status", status=500),
        Fault("html"),
        Fault("empty"),
        Fault("truncate"),
        Fault("error_in_200"),
        Fault("reset"),
    ),
    "upload_stack": (
        Fault("status", status=503, retry_after=1),
        Fault("status", status=429, retry_after=1),
        Fault("reset_upload", size=3000),
        Fault("reset"),
        Fault("lost_reply"),
        Fault("status", status=502),
    ),
}
TROUBLE_EVERY_S = 0.25
REFUSED = ("set_batch_stack_setting", "start_batch_stack", "get_albums", "pi_get_time")
SPELL_S = 0.15


def cloud_server(server: CrowdSkyStandIn, rate: float, seed: int) -> None:
    """Let this part of the server's requests go wrong."""
    random = Random(f"server {seed}")

    def take(endpoint: str) -> Fault | None:
        kinds = SERVER_FAULTS.get(endpoint)
        return random.choice(kinds) if kinds and random.random() < rate else None

    server.faults.take = take  # type: ignore[method-assign]


async def trouble(scope: SeestarStandIn, rate: float, seed: int) -> None:
    """Disturb a telescope again and again, until cancelled; `rate` is by quarter of a second."""
    random = Random(f"{scope.serial} {seed}")
    while True:
        await asyncio.sleep(TROUBLE_EVERY_S)
        if random.random() < rate * 2:
            await _once(scope, random)


async def _once(scope: SeestarStandIn, random: Random) -> None:
    kind = random.choice(("drop", "reboot", "fail", "refuse", "cut", "silence"))
    if kind == "drop":
        await scope.drop_clients()
    elif kind == "reboot":
        await scope.stop()
        await asyncio.sleep(SPELL_S)
        await scope.start()
    elif kind == "fail":
        scope.faults.batch_failures.append((207, "fail to operate"))
    elif kind == "refuse":
        method = random.choice(REFUSED)
        scope.faults.refuse[method] = (207, "fail to operate")
        await asyncio.sleep(SPELL_S)
        scope.faults.refuse.pop(method, None)
    elif kind == "cut":
        scope.faults.truncate_http = random.randrange(0, 9000)
        await asyncio.sleep(SPELL_S)
        scope.faults.truncate_http = None
    else:
        scope.faults.stall.add("iscope_get_app_state")
        await asyncio.sleep(SPELL_S)
        scope.faults.stall.discard("iscope_get_app_state")
