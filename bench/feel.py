"""Feel: what a key costs in time and bytes, and what the program does while nobody touches it."""

import time
from collections.abc import Iterator, Sequence

import msgspec

from bench.figures import Figure, Spread, percentile, spread
from bench.floor import ten_line_app
from bench.pty import Session
from bench.setup import settings, standins, storm_settings
from bench.start import open_app
from bench.system import cpu_seconds, has_proc, memory_mib, peak_mib, wakeups
from crowdsky_tui.night.background.sky_times import FIRST_LOOK_S, GOOD_FOR

GROUP = "Feel"
COMMAND = "python -m crowdsky_tui --config C, 80×24"
FILES = 12_500
ROWS = 40_000
LOOK_EVERY_S = 120
SKY_S = 6.0


class Idle(msgspec.Struct, frozen=True):
    """One stretch in which no key was pressed: all per second, CPU in percent of one core."""

    bytes_s: float
    wakeups_s: float
    cpu_percent: float


def run(quick: bool) -> Iterator[Figure]:
    """All figures of this group, as they come."""
    keys = 10 if quick else 60
    seconds = 4.0 if quick else 25.0
    with settings() as config, open_app(config) as session:
        session.wait(lambda text: "quit" in text)
        session.read(2.0)
        yield from _idle("one telescope, off", rest(session, seconds))
        yield from _memory("after the first frame, one telescope, off", session, "memory-empty")
        yield _duel("nothing running, pane to pane", session, pane_keys(keys))
    if not quick:
        with settings(storm_settings()) as config, open_app(config) as session:
            session.wait(lambda text: "S4" in text)
            session.read(3.0)
            yield from _idle("4 telescopes and a server away", rest(session, seconds))
            yield _duel("reconnect storm, pane to pane", session, pane_keys(keys))
    files, rows = (2500, 4000) if quick else (FILES, ROWS)
    yield from _loaded(keys, seconds, files, rows)
    yield from _busy(keys, seconds)


def _loaded(keys: int, seconds: float, files: int, rows: int) -> Iterator[Figure]:
    """Four telescopes with `files` sub-frames each, and `rows` rows on the server."""
    what = f"{4 * files:,} sub-frames, {rows:,} rows"
    with (
        standins("--files", str(files), "--rows", str(rows)) as config,
        open_app(config) as session,
    ):
        usable = session.wait(lambda text: "quit" in text)
        session.send("4")
        full = session.wait(lambda text: f"{rows} stacks" in text, 60)
        yield Figure(GROUP, f"all read, {what}", "ms", spread([(full - usable) * 1000]))
        settle(session)
        yield from _sky_cpu(session)
        yield from _idle(what, rest(session, seconds))
        yield from _memory(what, session, "memory-full" if rows == ROWS else "")
        yield _duel(f"{what}, cursor", session, ["down"] * keys)
        yield from key_bytes(session, what)
        yield from _look_cpu(session, seconds)
        for _ in range(2):
            session.press("r")
            session.read(5.0)
            settle(session)  # on a busy machine the reading itself takes longer
        yield from _memory(f"{what}, read thrice", session, "memory-full" if rows == ROWS else "")


def _busy(keys: int, seconds: float) -> Iterator[Figure]:
    """Four stacking jobs, each with two or three steps a second."""
    with (
        standins("--files", "400", "--rows", "400", "--seconds-per-frame", "0.4") as config,
        open_app(config) as session,
    ):
        session.wait(lambda text: "NGC 7000" in text, 30)
        settle(session)
        session.send("S")
        session.send("3")
        session.wait(lambda text: "4 running" in text)
        session.read(7.0)  # the notice of what was asked for goes away again
        state = rest(session, min(seconds, 12.0))
        yield _value("4 jobs running: to the terminal", state.bytes_s, "B/s", "busy-bytes")
        yield _value("4 jobs running: CPU", state.cpu_percent, "%")
        moves = [("down", "up")[number % 2] for number in range(keys)]
        yield _duel("4 jobs running, cursor", session, moves, budget="key-busy")


def _sky_cpu(session: Session) -> Iterator[Figure]:
    """What it costs to work out dusk, dawn and Moon, a while after the start: that is not idle."""
    if has_proc():
        before = cpu_seconds(session.pid)
        session.read(FIRST_LOOK_S + SKY_S)
        spent = (cpu_seconds(session.pid) - before) * 1000
        name = "dusk, dawn and Moon worked out, astropy's import included: CPU"
        every = GOOD_FOR.total_seconds() / 3600
        yield _value(name, spent, "ms", notes=f"after {FIRST_LOOK_S:.0f} s, then every {every:g} h")


def pane_keys(count: int) -> list[str]:
    """From pane to pane: the same in an empty program and in a full one."""
    return [("2", "3", "4", "1")[number % 4] for number in range(count)]


def settle(session: Session) -> None:
    """Wait until two seconds pass without a byte, at most half a minute."""
    end = time.monotonic() + 30
    while session.read(2.0) and time.monotonic() < end:
        pass


def rest(session: Session, seconds: float) -> Idle:
    """Watch it for so long without a key."""
    proc = has_proc()
    cpu, woken = (cpu_seconds(session.pid), wakeups(session.pid)) if proc else (0.0, 0)
    begun = time.perf_counter()
    count = session.read(seconds)
    took = time.perf_counter() - begun
    if proc:
        cpu, woken = cpu_seconds(session.pid) - cpu, wakeups(session.pid) - woken
    return Idle(count / took, woken / took, 100 * cpu / took)


def _idle(what: str, state: Idle) -> Iterator[Figure]:
    yield _value(f"idle, {what}: to the terminal", state.bytes_s, "B/s", "idle-bytes")
    if not has_proc():
        yield Figure(GROUP, f"idle, {what}: CPU", missing="not measured: no /proc here")
        return
    yield _value(f"idle, {what}: wake-ups", state.wakeups_s, "/s", "idle-wakeups")
    yield _value(f"idle, {what}: CPU", state.cpu_percent, "%", "idle-cpu")


def _memory(what: str, session: Session, budget: str) -> Iterator[Figure]:
    if not has_proc():
        yield Figure(GROUP, f"memory, {what}", missing="not measured: no /proc here")
        return
    resident, proportional = memory_mib(session.pid)
    yield _value(
        f"memory, {what}",
        resident,
        "MiB",
        budget,
        notes=f"PSS {proportional:.1f}, peak {peak_mib(session.pid):.1f} MiB",
    )


def _duel(what: str, session: Session, keys: Sequence[str], budget: str = "") -> Figure:
    """Key to first byte: the p95, with p50 and p99 as its range.

    Each key is followed by one typed into the ten-line app beside it: both feel the same machine.
    """
    with Session(ten_line_app()) as floor:
        floor.wait(lambda text: "ten-line" in text)
        floor.read(0.5)
        pairs = [(session.press_slowly(key), floor.press_slowly("~")) for key in keys]
    ours, floors = ([pair[side].first_ms for pair in pairs] for side in (0, 1))
    last = percentile([pair[0].last_ms for pair in pairs], 0.95)
    value, beside = _tail(ours), _tail(floors)
    return Figure(
        GROUP,
        f"key to paint p95 (p50–p99), {what}",
        "ms",
        value,
        "a key in a ten-line app",
        beside,
        value.median / beside.median,
        budget=budget,
        command=COMMAND,
        notes=f"p95 to the last byte {last:.1f} ms; p50 {value.low / beside.low:.2f} of its",
    )


def _tail(times: Sequence[float]) -> Spread:
    p50, p95, p99 = (percentile(times, share) for share in (0.5, 0.95, 0.99))
    return Spread(p95, p50, p99, len(times))


def key_bytes(session: Session, what: str) -> Iterator[Figure]:
    """Bytes per cursor move and per page, in the list that is shown."""
    session.press("pageup")
    for name, key, budget in (
        ("cursor down", "down", "cursor-bytes"),
        ("page down", "pagedown", "page-bytes"),
    ):
        counts = [session.press_slowly(key).count for _ in range(12)]
        yield Figure(GROUP, f"{name}, {what}", "B", spread(counts), budget=budget, command=COMMAND)


def _look_cpu(session: Session, seconds: float) -> Iterator[Figure]:
    """What one reading of all telescopes and of the server costs, spread over its two minutes."""
    if not has_proc():
        return
    before = cpu_seconds(session.pid)
    session.press("r")
    session.read(max(seconds / 2, 6.0))
    spent = cpu_seconds(session.pid) - before
    yield _value(
        "reading everything again: CPU",
        spent * 1000,
        "ms",
        notes=f"every {LOOK_EVERY_S} s that is {100 * spent / LOOK_EVERY_S:.1f} %",
    )


def _value(name: str, value: float, unit: str, budget: str = "", notes: str = "") -> Figure:
    return Figure(GROUP, name, unit, spread([value]), budget=budget, command=COMMAND, notes=notes)
