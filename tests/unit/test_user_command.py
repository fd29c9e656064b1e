"""Programs of the user's own: what they are given, what is shown of them, how they end."""

import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from crowdsky_tui.base.redaction import forget_all, keep_secret
from crowdsky_tui.config.command_settings import CommandSettings, check_commands
from crowdsky_tui.tui import user_command
from crowdsky_tui.tui.actions.registry import ACTIONS
from crowdsky_tui.tui.actions.user_commands import selection_of, user_actions, why_not
from crowdsky_tui.tui.desk import Pane
from crowdsky_tui.tui.keymap import key_problem
from crowdsky_tui.tui.user_command import (
    LONGEST_LINE,
    MOST_LINES,
    Selection,
    UserCommand,
    arguments_of,
    environment_for,
    lines_of,
)

HOSTILE = "M 81'; touch gone; $(touch gone) `touch gone` \" & \n\x1b]52;c;aGk=\x07"


NOTHING = Selection()


def python(code: str, **more: Any) -> CommandSettings:
    return CommandSettings(key="f6", run=(sys.executable, "-c", code), **more)


async def run(command: CommandSettings, selection: Selection = NOTHING) -> tuple[Any, Any]:
    wanted = UserCommand(command, selection)
    return await wanted.run(lambda: None), wanted


async def test_the_selection_is_in_its_environment() -> None:
    selection = Selection("M 81", "S50", "stack.fit", "20261120.76_HP006478", "LP", "2026-11-20")
    code = "import os; [print(k,'=',v) for k,v in sorted(os.environ.items()) if k[:5]=='CROWD']"
    ended, wanted = await run(python(code), selection)
    assert ended.well and ended.words == "it ended well"
    assert wanted.lines == [
        "CROWDSKY_BLOCK_START = 2026-11-20",
        "CROWDSKY_CHUNK_KEY = 20261120.76_HP006478",
        "CROWDSKY_FILTER = LP",
        "CROWDSKY_PROJECT = ",
        "CROWDSKY_SCOPE = S50",
        "CROWDSKY_STACK = stack.fit",
        "CROWDSKY_STAR = ",
        "CROWDSKY_TARGET = M 81",
    ]


def test_no_secret_and_nothing_of_ours_is_handed_on() -> None:
    keep_secret("hunter2-secret")
    try:
        own = {"PATH": "/bin", "CROWDSKY_PASSWORD": "x", "OTHER": "hunter2-secret", "HOME": "/h"}
        given = environment_for(Selection(), own)
    finally:
        forget_all()
    assert given["PATH"] == "/bin" and given["HOME"] == "/h"
    assert "CROWDSKY_PASSWORD" not in given and "OTHER" not in given


async def test_no_shell_reads_words_or_names(tmp_path: Path) -> None:
    code = f"import os, sys; os.chdir({str(tmp_path)!r}); print(len(sys.argv), sys.argv[1])"
    command = msgspec.structs.replace(python(code), run=(sys.executable, "-c", code, "$HOME; *"))
    ended, wanted = await run(command, Selection(HOSTILE, HOSTILE, HOSTILE))
    assert ended.well and wanted.lines == ["2 $HOME; *"]
    assert not list(tmp_path.iterdir())


async def test_a_shell_only_where_it_is_asked_for(tmp_path: Path) -> None:
    line = f'cd {tmp_path} && echo "<$CROWDSKY_TARGET>" | tr a-z A-Z'
    assert arguments_of(CommandSettings(run=(line,)))[0] == line
    ended, wanted = await run(
        CommandSettings(run=(line,), shell=True), Selection("m 81; touch gone")
    )
    assert ended.well and wanted.lines == ["<M 81; TOUCH GONE>"]
    assert not list(tmp_path.iterdir()), "a name in quotes is no command"


async def test_a_program_that_is_not_there_is_told() -> None:
    ended, _ = await run(CommandSettings(run=("/nowhere/at-all",)))
    assert not ended.well and "cannot be started: No such file" in ended.words


async def test_an_exit_code_is_told() -> None:
    ended, wanted = await run(python("import sys; print('oh', file=sys.stderr); sys.exit(3)"))
    assert ended.words == "it ended with exit code 3" and wanted.lines == ["oh"]


async def test_output_is_bounded_and_the_rest_counted() -> None:
    code = "[print(n) for n in range(3000)]; print('x' * 1000000)"
    ended, wanted = await run(python(code))
    assert ended.well and len(wanted.lines) == MOST_LINES
    assert wanted.left_out == 3001 - MOST_LINES
    assert max(map(len, wanted.lines)) <= LONGEST_LINE


def test_what_a_terminal_could_act_on_is_taken_out() -> None:
    text = "\x1b[31mred\x1b[0m \x1b]52;c;aGk=\x07end\x9b2J!\r\n50 %\r100 %\tdone\x00\x07\u202e"
    lines = lines_of(text)
    assert lines[0] == "red end!"
    assert lines[1].startswith("100 %    done")
    assert all(char.isprintable() for line in lines for char in line)
    assert lines_of("\x1b]0;never closed") == [""]


async def test_it_is_stopped_with_its_children(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    code = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(mark)!r}, 'w').write(str(child.pid)); print('begun', flush=True)\n"
        "time.sleep(600)\n"
    )
    wanted = UserCommand(python(code), Selection())
    ended = await wanted.run(wanted.stop)
    assert ended.words == "it was stopped" and wanted.lines == ["begun"]
    assert gone(int(mark.read_text()))


async def test_it_is_stopped_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_command, "END_PATIENCE_S", 0.2)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    ended, _ = await run(python(code, timeout=0.5))
    assert ended.words == "it was stopped after 0.5 s"


def gone(pid: int) -> bool:
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    os.kill(pid, 9)
    return False


def test_settings_without_sense_are_refused() -> None:
    good = CommandSettings(key="f6", run=("ls",))
    check_commands([good])
    for bad, why in (
        (CommandSettings(run=("ls",)), "no key"),
        (CommandSettings(key="f6"), "nothing to run"),
        (CommandSettings(key="f6", run=(" ",)), "nothing to run"),
        (CommandSettings(key="f6", run=("a\0b",)), "zero"),
    ):
        with pytest.raises(ValueError, match=why):
            check_commands([bad])
    with pytest.raises(ValueError, match="two commands have the key f6"):
        check_commands([good, good])
    with pytest.raises(ValueError, match="more than"):
        check_commands([good] * 31)


def test_a_key_that_does_something_already_is_told_and_left_out() -> None:
    commands = [
        CommandSettings(key=key, run=("/bin/ls", "-l")) for key in ("f6", "s", "ctrl+m", "F77")
    ]
    made, problems = user_actions(commands, ACTIONS, key_problem)
    assert [(each.id, each.keys, each.title) for each in made] == [("command-1", ("f6",), "ls")]
    assert len(problems) == 3 and "s is stack's already" in problems[0]
    assert all(problem.startswith("commands.") for problem in problems)


def desk(pane: Pane, target: Any = None, block: Any = None, row: Any = None) -> Any:
    return SimpleNamespace(
        pane=pane, target=lambda: target, block=lambda: block, stack_row=lambda: row
    )


def test_what_has_to_be_selected() -> None:
    target = SimpleNamespace(target="M 81", key=SimpleNamespace(scope="S50"))
    row = SimpleNamespace(object_name="M 81", telescope="S50", chunk_key="c.1", filter="LP")
    for needs, of, reason in (
        ("nothing", desk(Pane.TARGETS), None),
        ("star", desk(Pane.TARGETS, target), "No star"),
        ("target", desk(Pane.TARGETS), "No target"),
        ("target", desk(Pane.TARGETS, target), None),
        ("stack", desk(Pane.TARGETS, target), "No stack"),
        ("stack", desk(Pane.SERVER, target, row=row), None),
        ("stack", desk(Pane.SERVER, target), "No target"),
    ):
        told = why_not(CommandSettings(needs=needs), of)  # type: ignore[arg-type]
        assert told is reason is None or (told and reason and told.startswith(reason))
    assert selection_of(desk(Pane.SERVER, target, row=row)).chunk_key == "c.1"
