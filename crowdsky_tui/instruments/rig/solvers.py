"""Programs that tell where a picture looks: astrometry.net's solve-field, ASTAP, our own solver.

Sources: `man solve-field` (astrometry.net 0.93); https://www.hnsky.org/astap.htm, *command line*.
Each is told about where the picture looks; none of them reaches out to the network.
"""

import asyncio
import contextlib
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, SolveFailed
from crowdsky_tui.base.text import clean
from crowdsky_tui.instruments.rig.plate import read_solution
from crowdsky_tui.photometry.solve_messages import PlateSolution, SolveRequest
from crowdsky_tui.sky.coordinates import PositionJ2000

RADIUS_DEG = 15.0
"""So far from where the mount says it is a solution is looked for."""
SCALE_PART = 0.15
"""A focal length may be wrong by so large a part."""
CPU_S, PATIENCE_S = 60, 180.0
CONFIG = "astrometry.cfg"
LONGEST_OUTPUT = 100_000


class Hint(msgspec.Struct, frozen=True):
    """About where a picture looks; `scale_arcsec` of a pixel and its size, 0 if not known."""

    about: PositionJ2000
    scale_arcsec: float = 0.0
    size: tuple[int, int] = (0, 0)


class Solver(Protocol):
    """Who tells where a picture looks."""

    async def solve(self, picture: Path, hint: Hint) -> PlateSolution:
        """Where a FITS file looks. Raises SolveFailed with the reason."""


class SolvesFiles(Protocol):
    """Who solves by a field catalogue (`compute.client.Science`)."""

    async def solve(self, request: SolveRequest) -> PlateSolution:
        """Where a picture looks. Raises CrowdSkyError."""


class SolveField:
    """astrometry.net's solve-field; `indexes` is a folder of index files, None for its own."""

    def __init__(self, program: str, indexes: Path | None = None) -> None:
        self._program, self._indexes = program, indexes

    async def solve(self, picture: Path, hint: Hint) -> PlateSolution:
        """Solve without tweak: a plain tangential WCS. What it writes lies beside the picture."""
        out = picture.with_name("solve-field.wcs")
        if self._indexes is not None:
            config = f"cpulimit {CPU_S}\ninparallel\nadd_path {self._indexes}\nautoindex\n"
            await asyncio.to_thread(picture.with_name(CONFIG).write_text, config)
        await _run([self._program, *self._arguments(picture, hint, out)], picture.parent)
        return await asyncio.to_thread(read_solution, out, hint.size, "solve-field")

    def _arguments(self, picture: Path, hint: Hint, out: Path) -> list[str]:
        folder = str(picture.parent)
        arguments = [
            "--overwrite", "--no-plots", "--no-tweak", "--no-remove-lines", "--uniformize", "0",
            "--fits-image", "--cpulimit", str(CPU_S), "--downsample", "2",
            "--dir", folder, "--temp-dir", folder, "--wcs", str(out),
            *(word for name in ("new-fits", "corr", "rdls", "match", "index-xyls", "solved")
              for word in (f"--{name}", "none")),
            "--ra", f"{hint.about.ra_deg_j2000:.6f}", "--dec", f"{hint.about.dec_deg_j2000:.6f}",
            "--radius", f"{RADIUS_DEG:g}",
        ]  # fmt: skip
        if hint.scale_arcsec > 0:
            low, high = (hint.scale_arcsec * (1 + part) for part in (-SCALE_PART, SCALE_PART))
            scale = ["--scale-low", f"{low:.4f}", "--scale-high", f"{high:.4f}"]
            arguments += ["--scale-units", "arcsecperpix", *scale]
        if self._indexes is not None:
            arguments += ["--config", str(picture.with_name(CONFIG))]
        return [*arguments, str(picture)]


class Astap:
    """ASTAP, with the star database that it was installed with."""

    def __init__(self, program: str) -> None:
        self._program = program

    async def solve(self, picture: Path, hint: Hint) -> PlateSolution:
        """Solve; it writes its solution as lines of KEYWORD=value, beside the picture."""
        base = picture.with_name("astap")
        command = [
            self._program, "-f", str(picture), "-o", str(base), "-r", f"{RADIUS_DEG:g}",
            "-ra", f"{hint.about.ra_deg_j2000 / 15:.6f}",
            "-spd", f"{hint.about.dec_deg_j2000 + 90:.6f}",
            "-fov", f"{hint.scale_arcsec * hint.size[1] / 3600:.4f}",
        ]  # fmt: skip
        out = base.with_suffix(".ini")
        try:
            await _run(command, picture.parent)
        except SolveFailed as error:
            if said := await asyncio.to_thread(_error_in, out):
                raise SolveFailed(error.what, f"ASTAP: {said}") from error
            raise
        return await asyncio.to_thread(read_solution, out, hint.size, "ASTAP")


def _error_in(out: Path) -> str:
    """Why ASTAP has not solved, by its line `ERROR=`; empty where there is none."""
    try:
        lines = out.read_bytes()[:LONGEST_OUTPUT].decode(errors="replace").splitlines()
    except OSError:
        return ""
    found = (line.partition("=")[2] for line in lines if line.startswith("ERROR="))
    return clean(next(found, ""), 200)


class CatalogueSolver:
    """Our own solver, by the stars of a file that covers what the rig is sent to."""

    def __init__(self, science: SolvesFiles, catalogue: Path) -> None:
        self._science, self._catalogue = science, catalogue

    async def solve(self, picture: Path, hint: Hint) -> PlateSolution:
        """Solve; it needs the scale."""
        if hint.scale_arcsec <= 0:
            raise SolveFailed("the picture is not solved", "focal length or pixels are not known")
        now = datetime.now(UTC)
        request = SolveRequest(
            os.fsencode(picture),
            os.fsencode(self._catalogue),
            hint.about.ra_deg_j2000,
            hint.about.dec_deg_j2000,
            hint.scale_arcsec,
            now.year + now.timetuple().tm_yday / 366,
        )
        try:
            return await self._science.solve(request)
        except CrowdSkyError as error:
            raise SolveFailed("the picture is not solved", str(error)) from error


class Solvers:
    """Several, one after the other, until one solves."""

    def __init__(self, solvers: Sequence[Solver]) -> None:
        self.solvers = tuple(solvers)

    async def solve(self, picture: Path, hint: Hint) -> PlateSolution:
        """The first solution. Raises SolveFailed with the reasons of all."""
        reasons = []
        for solver in self.solvers:
            try:
                return await solver.solve(picture, hint)
            except SolveFailed as error:
                reasons.append(error.why)
        raise SolveFailed("the picture is not solved", "; ".join(reasons))


def solvers_here(science: SolvesFiles, catalogue: Path | None, indexes: Path | None) -> Solvers:
    """Those of this machine: solve-field, ASTAP, and our own where a catalogue is set."""
    found: list[Solver] = []
    if program := shutil.which("solve-field"):
        found.append(SolveField(program, indexes))
    if program := shutil.which("astap_cli") or shutil.which("astap"):
        found.append(Astap(program))
    if catalogue is not None:
        found.append(CatalogueSolver(science, catalogue))
    return Solvers(found)


async def _run(command: list[str], folder: Path) -> None:
    """Run a program to its end, at most three minutes. Raises SolveFailed."""
    name = Path(command[0]).name
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, cwd=folder, start_new_session=True
        )
    except OSError as error:
        why = f"{name}: {error.strerror or error}"
        raise SolveFailed("the picture is not solved", why) from error
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, told = await process.communicate()
    except TimeoutError:
        why = f"{name} took over {PATIENCE_S:.0f} s"
        raise SolveFailed("the picture is not solved", why) from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            await process.wait()
    if process.returncode:
        lines = told[-LONGEST_OUTPUT:].decode(errors="replace").strip().splitlines()
        said = clean(lines[-1], 200) if lines else f"it ended with {process.returncode}"
        raise SolveFailed("the picture is not solved", f"{name}: {said}")
