"""docs/club.md, followed over loopback: two sites, four telescopes, one list, one cluster."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest
from commands_kit import COMMAND, simulation
from curve_projects_kit import FRAMES, TARGET, make_night
from postgres_kit import Cluster

pytest_plugins = ("database_kit",)

PAGE = (Path(__file__).parents[2] / "docs/club.md").read_text()
LOCAL = ("--host", "127.0.0.1", "--no-dashboard")
START_S = 60.0


class Site:
    """One site: its own home, settings and telescopes."""

    def __init__(self, home: Path, config: Path) -> None:
        self.home, self.config = home, config

    def run(self, *words: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [*COMMAND, "--config", str(self.config), *words],
            capture_output=True, text=True, timeout=240, stdin=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(self.home)}, check=False,
        )  # fmt: skip
        assert done.returncode == code, (words, done.stdout, done.stderr)
        return done

    def json(self, *words: str) -> object:
        return json.loads(self.run(*words, "--json").stdout)

    def joins(self, database: str, dask: str, name: str) -> None:
        """What the page says each site does; the secret comes by stdin."""
        done = subprocess.run(
            [*COMMAND, "--config", str(self.config), "config", "set", "database.url"],
            input=database, text=True, check=False, timeout=60, capture_output=True,
        )  # fmt: skip
        assert done.returncode == 0 and "s3cr3t" not in done.stdout + done.stderr, done.stderr
        for key, value in (("compute.dask", dask), ("site.name", name)):
            assert f"config set {key}" in PAGE, "it is on the page"
            self.run("config", "set", key, value)


@contextmanager
def dask(folder: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """A scheduler and one worker, as the page begins them."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    lines = (("scheduler", "--port", str(port)), ("worker", address, "--nthreads", "1"))
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "dask", *line, *LOCAL],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for line in lines
    ]  # fmt: skip
    try:
        yield address, running[0]
    finally:
        for process in running:
            process.terminate()
            process.wait(30)


@pytest.mark.long
def test_two_sites_share_list_archive_and_curves_and_outlive_each_part(
    tmp_path: Path, postgres: Cluster
) -> None:
    night = make_night(tmp_path)
    frames = night / "frames"
    url = postgres.new_database()
    with (
        simulation(tmp_path / "one") as first,
        simulation(tmp_path / "two") as second,
        dask(tmp_path) as (address, scheduler),
    ):
        one, two = (Site(tmp_path, each.config) for each in (first, second))
        one.joins(url, address, "Vienna")
        two.joins(url, address, "Graz")

        one.run("target", "add", "M 81")
        assert "M 81" in two.run("target", "list").stdout
        one.run("archive", "index", str(frames))
        listed = two.json("archive", "list", "--source", "folder")
        assert len(listed["frames"]) == FRAMES  # type: ignore[index]

        star = f"s{TARGET}"
        two.run("curves", "project", "rr-lyr", "--field", str(night / "field.csv"),
                "--target", star)  # fmt: skip
        one.run("curves", "index", "rr-lyr", str(frames))
        until_measured(one)
        shown = two.run("curves", "show", "rr-lyr").stdout
        assert star in shown and shown == one.run("curves", "show", "rr-lyr").stdout

        scheduler.kill()
        scheduler.wait(30)
        refused = two.run("curves", "run", "rr-lyr", "--set", "fraction=0.9", code=3).stderr
        assert "Dask" in refused and "compute.dask" in refused

        postgres.stop()
        away = two.run("target", "list", code=4).stderr
        assert "the database cannot be reached" in away and "s3cr3t" not in away
        document = two.json("stack", "--dry-run")
        assert document, "stacking needs no database"


def until_measured(site: Site) -> None:
    """`curves run`, again while no worker has come yet."""
    end = monotonic() + START_S
    while (done := run_once(site)).returncode != 0:
        assert monotonic() < end, done.stderr
        sleep(0.2)


def run_once(site: Site) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*COMMAND, "--config", str(site.config), "curves", "run", "rr-lyr"],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def test_the_page_names_what_this_follows() -> None:
    for words in ("target add", "target list", "archive index", "archive list", "curves project",
                  "curves index", "curves run", "curves show",
                  "dask scheduler", "dask worker"):  # fmt: skip
        assert words in PAGE
    assert not re.search(r"postgresql\+psycopg://\w+:(?!PASSWORD)", PAGE), (
        "no password stands there"
    )
