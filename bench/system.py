"""The machine: what it is, which tools it has, and what /proc says of a process (Linux only)."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

MIB = 1024 * 1024
PACKAGES = ("textual", "msgspec", "httpx", "pysmb", "astropy", "numpy", "starlette", "uvicorn")
_PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
_VERSION_FLAGS = {"curl": "--version", "smbclient": "--version", "sha256sum": "--version"}


def tool(name: str) -> str | None:
    """Where a program is; None if it is not installed."""
    return shutil.which(name, path=_PLACES)


def missing(name: str) -> str:
    """What a line says whose floor needs a program that is not here."""
    return f"not measured: {name} is not installed"


def describe() -> dict[str, Any]:
    """What belongs beside every figure: machine, versions, how busy it was."""
    tools = {}
    for name, flag in _VERSION_FLAGS.items():
        if path := tool(name):
            run = subprocess.run([path, flag], capture_output=True, text=True, check=False)
            tools[name] = (run.stdout or run.stderr).splitlines()[0][:60]
    return {
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "machine": platform.machine(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "tools": tools,
    }


def heading(system: dict[str, Any]) -> str:
    """The same in a line or two."""
    packages = ", ".join(f"{name} {version}" for name, version in system["packages"].items())
    tools = ", ".join(system["tools"].values()) or "none of the outside tools"
    return (
        f"{system['cores']} cores {system['machine']}, {system['system']}, Python"
        f" {system['python']}, load {system['load']} at the start. {packages}; {tools}."
    )


def has_proc() -> bool:
    """Whether the system tells a process's memory in /proc."""
    return Path("/proc/self/smaps_rollup").exists()


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += family(int(child))
    return found


def memory_mib(pid: int) -> tuple[float, float]:
    """Resident and proportional memory of one process."""
    values = {"Rss": 0.0, "Pss": 0.0}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        key, _, rest = line.partition(":")
        if key in values:
            values[key] = int(rest.split()[0]) / 1024
    return values["Rss"], values["Pss"]


def peak_mib(pid: int | str = "self") -> float:
    """The most that was resident since the start or the last `forget_peak`."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def forget_peak() -> None:
    """Let `peak_mib` of this process count from now."""
    Path("/proc/self/clear_refs").write_text("5")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all below it."""
    ticks = 0
    for each in family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def wakeups(pid: int) -> int:
    """How often the threads of one process have gone to sleep of their own will."""
    count = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        for line in status.read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                count += int(line.split()[1])
    return count


def handles(pid: int | str = "self") -> int:
    """Open files and sockets of a process."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
