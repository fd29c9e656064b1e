"""Start: first frame, usable, and what the short commands cost."""

import os
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.figures import Figure, compared, spread
from bench.floor import PYTHON, process_ms, ten_line_app
from bench.pty import Session
from bench.setup import APP, ROOT, settings, standins
from bench.timing import alternately
from crowdsky_tui.tui.desk_memory import NAME

GROUP = "Start"
HEAVY = frozenset(
    {
        "astropy",
        "astropy_healpix",
        "numpy",
        "sep",
        "httpx",
        "smb",
        "cryptography",
        "sqlite3",
        "json",
    }
    | {
        f"crowdsky_tui.{room}"
        for room in (
            *("compute", "database", "instruments.seestar", "jobs", "night.night", "plan"),
            *("progress.situation", "services"),
        )
    }
)
"""What must not be imported before the first frame."""
_NOTE_MODULES = """
import sys, traceback
from pathlib import Path
heavy, culprits = set(sys.argv[3].split()), {}
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name in heavy:
            files = [each.filename for each in traceback.extract_stack()]
            ours = [file for file in files if "crowdsky_tui" in file]
            culprits[name] = ours[-1] if ours else "?"
sys.meta_path.insert(0, Watch())
from crowdsky_tui.cli import main as cli
from crowdsky_tui.tui import app
def note(self):
    lines = [f"{name}\\t{culprits.get(name, '')}" for name in sys.modules]
    Path(sys.argv[1]).write_text("\\n".join(lines))
    self.exit()
app.CrowdSkyApp._begin = note
cli.main(["--config", sys.argv[2]])
"""


MANY_ROWS = 100_000
_TABLE = """
import sys
from textual.app import App
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.table import Table
class Rows(App):
    ENABLE_COMMAND_PALETTE = False
    def compose(self):
        self.table = Table([Column("n", 12)], lambda n: ((f"row {n}", ""),), lambda n: n)
        yield self.table
    def on_mount(self):
        self.table.show(range(int(sys.argv[1])), "no rows")
Rows().run()
"""


def run(quick: bool) -> Iterator[Figure]:
    """All figures of this group, as they come."""
    runs = 5 if quick else 9
    with settings() as config:
        for size in ((80, 24),) if quick else ((80, 24), (120, 40)):
            yield from _frames(config, size, runs)
        yield _modules(config)
    yield _many_rows(runs)
    yield from _commands(runs)


def open_app(config: Path, size: tuple[int, int] = (80, 24)) -> Session:
    """The real program in a terminal."""
    columns, rows = size
    return Session([*APP, "--config", str(config)], columns=columns, rows=rows)


def first_frame_ms(config: Path) -> float:
    """Milliseconds until the screen is not blank."""
    with open_app(config) as session:
        session.wait(lambda text: "q quit" in text)
        return session.first_frame() * 1000


def _start(config: Path, size: tuple[int, int]) -> tuple[float, float, int]:
    """First frame and answer to a key pressed right then (ms), and the bytes until then."""
    (config.parent / "state" / NAME).unlink(missing_ok=True)  # the desk as it is at first: pane 1
    with open_app(config, size) as session:
        session.wait(lambda text: "q quit" in text)
        count, before = len(session.output), session.plain().count("2 Blocks")
        session.send("2")
        usable = session.wait(lambda text: text.count("2 Blocks") > before)
        return session.first_frame() * 1000, usable * 1000, count


def _start_floor(size: tuple[int, int]) -> tuple[float, float, int]:
    with Session(ten_line_app(), columns=size[0], rows=size[1]) as session:
        session.wait(lambda text: "a ten-line app" in text)
        count = len(session.output)
        session.send("~")
        usable = session.wait(lambda text: "~" in text)
        return session.first_frame() * 1000, usable * 1000, count


def _frames(config: Path, size: tuple[int, int], runs: int) -> Iterator[Figure]:
    _start(config, size)
    _start_floor(size)
    pairs = [(_start(config, size), _start_floor(size)) for _ in range(runs)]
    where = f"{size[0]}×{size[1]}"
    for index, (name, budget) in enumerate(
        (("first frame", "first-frame"), ("first key answered", "usable"))
    ):
        yield compared(
            GROUP,
            f"{name}, {where}",
            [ours[index] for ours, _ in pairs],
            [floor[index] for _, floor in pairs],
            floor_name="a ten-line Textual app",
            budget=budget,
            command="python -m crowdsky_tui --config C",
        )
    yield compared(
        GROUP,
        f"bytes of the first frame, {where}",
        [ours[2] for ours, _ in pairs],
        [floor[2] for _, floor in pairs],
        unit="B",
        floor_name="a ten-line Textual app",
        budget="first-frame-bytes" if size == (80, 24) else "",
    )


def _table_ms(rows: int) -> float:
    """Until the first row is drawn, or what stands for none."""
    with Session([*PYTHON, "-c", _TABLE, str(rows)]) as session:
        return session.wait(lambda text: ("row 0" if rows else "no rows") in text) * 1000


def _many_rows(runs: int) -> Figure:
    ours, floors = alternately(runs, partial(_table_ms, MANY_ROWS), partial(_table_ms, 0))
    return compared(
        GROUP,
        f"first row of {MANY_ROWS:,}",
        ours,
        floors,
        floor_name="the same app without rows",
        budget="many-rows",
        command="crowdsky_tui.tui.widgets.table.table",
    )


def modules_before_first_frame(config: Path) -> dict[str, str]:
    """The modules that are loaded when the first frame has been drawn.

    For a heavy one the value is the file of ours that imported it.
    """
    with tempfile.TemporaryDirectory() as folder:
        noted = Path(folder) / "modules"
        arguments = (str(noted), str(config), " ".join(HEAVY))
        with Session([sys.executable, "-P", "-c", _NOTE_MODULES, *arguments]) as session:
            end = session.now + 30
            while not (noted.exists() and noted.stat().st_size) and session.now < end:
                session.read(0.05)
            session.read(0.2)
        lines = noted.read_text().splitlines()
    return {name: by for name, _, by in (line.partition("\t") for line in lines)}


def _modules(config: Path) -> Figure:
    loaded = modules_before_first_frame(config)
    heavy = sorted(f"{name} (by {loaded[name]})" for name in HEAVY & set(loaded))
    return Figure(
        GROUP,
        "heavy modules before the first frame",
        "",
        spread([len(heavy)]),
        budget="modules",
        notes=f"{len(loaded)} modules in all; {', '.join(heavy) or 'none of the heavy ones'}",
        command="python -m crowdsky_tui --config C",
    )


def _commands(runs: int) -> Iterator[Figure]:
    floor = (*PYTHON, "-c", "pass")
    os.chdir(ROOT)
    with standins("--files", "500", "--rows", "100") as config:
        for name, arguments in (
            ("--version", ("--version",)),
            ("--help", ("--help",)),
            ("targets --json, 4 scopes", ("--config", str(config), "targets", "--json")),
        ):
            command = (*APP, *arguments)
            ours, floors = alternately(
                runs, partial(process_ms, command), partial(process_ms, floor)
            )
            yield compared(
                GROUP,
                name,
                ours,
                floors,
                floor_name="python -c pass",
                command=f"crowdsky-tui {name.partition(',')[0]}",
            )
