"""Random keys at the whole app: `python -m tests.monkey [--keys 2000] [--seeds 5]`.

The short form runs in `tests/pilot/test_monkey.py`. Whatever is pressed, in bursts and singly, the
app neither crashes nor hangs nor meets a fault of its own, and a run that only looks asks for
nothing.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "pilot"))

from msgspec.structs import replace
from stub_night import make_book, make_night
from textual import events
from textual.pilot import Pilot

from crowdsky_tui.tui.actions.registry import ACTIONS
from crowdsky_tui.tui.app import CrowdSkyApp

SIZES = ((60, 20), (80, 24), (160, 50))
LEAVES = frozenset({"ctrl+z", "ctrl+c", "q"})
"""Keys that end or stop the app, if a `y` follows."""
KEYS = sorted(
    {key for action in ACTIONS for key in action.keys}
    | set("abcdefghijklmnoprstuvwxzABCDEFGHIJKLMNOPRSTUVWXZ0123456789")
    | {"backspace", "delete", "f1", "f5", "ctrl+d", "enter", "escape", "space", "tab"}
)
BURST = 6
LONGEST_WAIT_S = 30
TELLS_A_SCOPE = frozenset({"stack"})


async def run(seed: int, keys: int, size: tuple[int, int], *, read_only: bool) -> list[str]:
    """Press `keys` keys; what went wrong, nothing if all is well."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        night = make_night("full", Path(folder))
        night.settings = replace(night.settings, read_only=read_only)
        app = CrowdSkyApp(night, Path(folder), make_book(Path(folder)))
        pressed: list[str] = []
        async with app.run_test(size=size) as pilot:
            while len(pressed) < keys and app.is_running:
                burst = [chance.choice(KEYS) for _ in range(chance.randint(1, BURST))]
                burst = [key for key in burst if key not in LEAVES]
                pressed += burst
                try:
                    async with asyncio.timeout(LONGEST_WAIT_S):
                        await press(app, pilot, burst)
                except TimeoutError:
                    return [f"hangs after {pressed[-12:]}"]
        trouble = []
        if app.crash is not None:
            trouble.append(f"crash after {pressed[-12:]}: {app.crash!r}")
        if (log := Path(folder) / "crash.log").exists():
            trouble.append(log.read_text()[-1500:])
        if read_only and (told := [call for call in night.asked if call[0] in TELLS_A_SCOPE]):
            trouble.append(f"read-only, and yet it asked for {told}")
        return trouble


async def press(app: CrowdSkyApp, pilot: Pilot[None], burst: list[str]) -> None:
    """All of it at once, as in one write, then wait until it is handled."""
    for key in burst:
        character = key if len(key) == 1 else None
        app.post_message(events.Key(key, character))
    await pilot.pause()
    await pilot.pause(0.01)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.monkey")
    parser.add_argument("--keys", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    found = 0
    for seed in range(arguments.seeds):
        for size in SIZES:
            for read_only in (False, True):
                trouble = asyncio.run(run(seed, arguments.keys, size, read_only=read_only))
                print(f"seed {seed}, {size}, read-only {read_only}: {trouble or 'well'}")
                found += bool(trouble)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
