"""What the command line promises, as it was noted: `python tests/contract/command_line_kit.py`.

`options.json` holds every parser's structure (not its wrapped text, which differs between versions
of Python), `lines.json` what some lines mean, `documents.json` the exit codes and the shapes of the
JSON documents of the verbs on the stand-ins.
"""

import argparse
import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crowdsky_tui.cli.main import build_parser

NOTED = Path(__file__).parents[1] / "fixtures" / "command_line"
KEY = "20250115.78_HP049152"
LINES = (
    "",
    "--json",
    "--demo --scope a --read-only --config c.toml",
    "--record night.jsonl",
    "--replay night.jsonl --replay-speed 60",
    "--replay night.jsonl --record night.jsonl",
    "--json targets",
    "targets --json --check",
    "targets M81",
    "--scope a scopes --config c.toml",
    "scopes",
    "status --scope a",
    "doctor",
    "nonsense",
    "blocks",
    "blocks M81 --all --block-minutes 20 --min-exptime 100",
    "blocks M81 --block-minutes x",
    "stack",
    "stack M81 M82 --while-observing --again 22:45 --dry-run",
    "stack --all --min-exptime 0.5",
    "upload M81 --local-dir here --dest there --no-skip-existing --dry-run --wait 5",
    "upload",
    "sync --wait nan",
    "sync M81 --wait 0 --dest there --block-minutes 15 --while-observing --dry-run",
    "stacks --object M81",
    "purge",
    "purge M81 --all --yes --force",
    f"download {KEY}",
    f"download {KEY} {KEY} --dest D --id 4 --filter LP --exposure 10 --telescope S50",
    "download",
    "raw-upload M81 --block 22:45 --filter LP --overwrite --yes --dry-run --wait 1",
    "raw-upload",
    "settle M81 --block 22:45 --again --wait 1",
    "settle --arrived",
    "settle --again --arrived",
    "frames --target M81",
    "frames --target M81 --healpix 1",
    "frames --ra 1 --dec -2.5 --radius 3 --start 2026-01-01 --end 2026-01-02 --filter LP",
    "frames --healpix 3 --eq-mode 1 --min-sqm 18 --min-exptime 60",
    "frames --healpix 3 --eq-mode 2",
    "coverage M81",
    "fetch-frame 1 2 --dest D",
    "fetch-frame x",
    "agent --install",
    "report --night 2026-02-27",
    "clean M81 --undo --yes --dry-run",
    "clean --empty",
    "clean --undo --empty",
    "bundle --dest D --dry-run",
    "config",
    "config show",
    "config get server.url",
    "config set a b c d",
    "config show --json --read-only",
    "scope",
    "scope status",
    "scope goto M 81 --name mine --yes",
    "scope --scope a open --json",
    "scope start --resume",
    "scope park --yes",
    "scope filter LP",
    "scope exposure 20",
    "scope exposure x",
    "scope gain 80",
    "scope heater on --value 40",
    "scope heater maybe",
    "simulate",
    "simulate --scopes 3 --hosts a,b --rpc-port 1 --http-port 2 --udp-port 3 --server-port 4",
    "simulate --root D --seed 4 --live --speed 60 --seconds-per-frame 1 --firmware 7.1",
    "simulate --model S30 --login required --full-size --duplicates replace --follow-stdin",
    "simulate --fault upload:500 --fault list:drop:2",
)
"""Command lines, with a blank between words."""
ON_STANDINS = (
    "scopes --json",
    "status --json",
    "targets --json",
    "targets --json --check",
    "targets --json --scope nobody",
    "blocks {target} --json",
    "blocks {target} --all --json",
    "blocks nobody --json",
    "doctor --json",
    "report --json",
    "report --night never",
    "stack {target} --dry-run --json",
    "stack --dry-run --json",
    "upload --dry-run --json",
    "sync --dry-run --json",
    "purge --json",
    "stack {target} --json",
    "upload {target} --json",
    "sync {target} --json",
    "sync {target} --json --read-only",
    "stacks --json",
    "stacks --object nobody --json",
    "settle --json",
    "frames --healpix 1 --json",
    "frames --json",
    "frames --target {target} --json",
    "coverage {target} --json",
    "fetch-frame 999999 --json --dest {folder}",
    "download {key} --json --dest {folder}",
    "download nonsense --json",
    "clean {target} --dry-run --json",
    "clean {target} --json",
    "clean {target} --undo --json",
    "clean --empty --json",
    "purge {target} --json",
    "purge {target} --yes --json",
    "raw-upload {target} --dry-run --json",
    "bundle --dry-run --json --dest {folder}",
    "bundle --json --dest {folder}",
    "config path --json",
    "config show --json",
    "config get server.url --json",
    "config get nonsense --json",
    "config set stacking.block_minutes 15 --json",
    "config example",
    "scope status --json",
    "scope status --scope {scope} --json",
    "scope open --json",
    "scope open --scope {scope} --yes --json",
    "scope filter LP --scope {scope} --json",
    "scope gain 80 --scope {scope} --json",
    "agent --install --json",
)
"""Verbs run one after the other on one finished night."""


def words_of(line: str, **names: str) -> list[str]:
    """The words of a line, with these names put in."""
    return [word.format(**names) for word in line.split()]


def structure(parser: argparse.ArgumentParser) -> dict[str, Any]:
    """Everything `--help` tells, and what its wrapped text does not: defaults and dests."""
    parser.format_help()
    exclusive = [
        [action.dest for action in group._group_actions]
        for group in parser._mutually_exclusive_groups
    ]
    groups = {
        group.title: sorted(action.dest for action in group._group_actions)
        for group in parser._action_groups
        if group._group_actions and group.title not in {"options", "positional arguments"}
    }
    verbs = {
        name: structure(made)
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for name, made in action.choices.items()
    }
    return {
        "description": parser.description,
        "arguments": {
            "/".join(sorted(action.option_strings)) or action.dest: _argument(action)
            for action in parser._actions
        },
        "exclusive": exclusive,
        "groups": groups,
        "verbs": verbs,
    }


def _argument(action: argparse.Action) -> dict[str, Any]:
    several = isinstance(action, argparse._SubParsersAction)
    of_choices: list[argparse.Action] = getattr(action, "_choices_actions", [])
    texts = {each.dest: each.help for each in of_choices} if several else {}
    return {
        "dest": action.dest,
        "nargs": action.nargs,
        "metavar": action.metavar,
        "default": _plain(action.default),
        "choices": [*action.choices] if action.choices else None,
        "required": action.required,
        "takes a value": action.nargs != 0,
        "help": action.help,
        "texts": texts,
    }


def _plain(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value] or None
    return str(value) if isinstance(value, Path) else value


def meaning(line: str) -> object:
    """What a line is parsed to, or the exit code that refuses it."""
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            parsed = build_parser().parse_args(words_of(line))
        except SystemExit as refused:
            return refused.code
    return {name: _plain(value) for name, value in sorted(vars(parsed).items())}


def changed(noted: object, now: object, where: str = "") -> list[str]:
    """What was noted and is otherwise now. More keys and more kinds may come, none may go."""
    if isinstance(noted, dict) and isinstance(now, dict):
        return [
            line
            for key, value in noted.items()
            for line in (
                changed(value, now[key], f"{where}/{key}")
                if key in now
                else [f"{where}/{key} is gone"]
            )
        ]
    if isinstance(noted, list) and isinstance(now, list):
        return [
            f"{where}: no longer {value}"
            for value in noted
            if all(changed(value, each) for each in now)
        ]
    same = noted == now or "nothing" in (noted, now)
    return [] if same else [f"{where}: {noted!r} is {now!r}"]


def shape(value: object) -> object:
    """A document without its values: keys, and the kinds of leaves. Lists tell all their kinds."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in sorted(value.items())}
    if isinstance(value, list):
        kinds = {json.dumps(shape(each), sort_keys=True) for each in value}
        return [json.loads(kind) for kind in sorted(kinds)]
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, int | float) else "text" if value else "nothing"


PATIENCE = ("--wait", "36000")
"""A minute of the fast clock: in the three seconds of the usual wait a busy machine may stand."""


@contextlib.contextmanager
def night(folder: Path) -> Iterator[tuple[list[str], dict[str, str]]]:
    """The stand-ins on a finished night; yields the program and the names for `words_of`."""
    program = [sys.executable, "-m", "crowdsky_tui"]
    options = ["--root", str(folder / "night"), "--seed", "7", "--speed", "600", "--follow-stdin"]
    child = subprocess.Popen(
        [*program, "simulate", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdin is not None and child.stdout is not None
    try:
        told = json.loads(child.stdout.readline())
        names = {"folder": str(folder), "scope": "", "target": "", "key": KEY}
        yield [*program, "--config", told["config"]], names
    finally:
        child.stdin.close()
        child.stdout.close()
        child.wait(20)


def documents(folder: Path) -> dict[str, Any]:
    """Exit code and shape of the document of each line on the stand-ins."""
    found: dict[str, Any] = {}
    home = {**os.environ, "HOME": str(folder)}
    with night(folder) as (program, names):
        for line in ON_STANDINS:
            waits = line.startswith(("upload ", "sync "))
            ran = subprocess.run(
                [*program, *words_of(line, **names), *(PATIENCE if waits else ())],
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                env=home,
                timeout=120,
            )
            try:
                document = json.loads(ran.stdout)
            except ValueError:
                document = None
            found[line] = {"code": ran.returncode, "document": shape(document)}
            if line == "targets --json":
                names |= {name: document[0][name] for name in ("target", "scope")}
            if line == "stacks --json" and document:
                names["key"] = document[0]["chunk_key"]
    return found


def lines() -> dict[str, Any]:
    """What each of `LINES` means."""
    return {line: meaning(line) for line in LINES}


if __name__ == "__main__":
    NOTED.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        noted = {
            "options": structure(build_parser()),
            "lines": lines(),
            "documents": documents(Path(folder)),
        }
    for name, document in noted.items():
        text = json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True)
        (NOTED / f"{name}.json").write_text(f"{text}\n")
