"""What a command tells the shell, and whom it asks first: each rule by its name."""

import asyncio
import io
import os
import signal
import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode, ScopeUnreachable, UsageError
from crowdsky_tui.cli import main as command
from crowdsky_tui.cli.confirm import confirm
from crowdsky_tui.cli.ending import run_verb
from crowdsky_tui.cli.follow import _ProgressPrinter, exit_code, unless_waiting
from crowdsky_tui.cli.options import CommonOptions
from crowdsky_tui.cli.output import print_json, print_table
from crowdsky_tui.cli.parser import ParsedCommand
from crowdsky_tui.cli.select import Look, choose, look, one_service
from crowdsky_tui.config.load import Settings
from crowdsky_tui.store.store import JobState, LogLine, Severity, Store

NOON = datetime(2026, 2, 28, 12, tzinfo=UTC)


def jobs(*states: JobState) -> Any:
    return {str(number): SimpleNamespace(state=state) for number, state in enumerate(states)}


@pytest.mark.parametrize("state", list(JobState))
def test_only_when_every_job_is_proved_is_it_0(state: JobState) -> None:
    proved = state is JobState.PROVED
    code = ExitCode.OK if proved else ExitCode.SOME_FAILED
    assert exit_code(jobs(JobState.PROVED, state)) is code
    assert exit_code(jobs(state, JobState.PROVED)) is code


def test_what_waits_for_a_word_is_never_0_and_never_hides_what_failed() -> None:
    assert unless_waiting(ExitCode.OK, ["a stack"]) is ExitCode.SOME_FAILED
    assert unless_waiting(ExitCode.OK, []) is ExitCode.OK
    assert unless_waiting(ExitCode.UNREACHABLE, ["a stack"]) is ExitCode.UNREACHABLE
    assert unless_waiting(ExitCode.LOCKED, []) is ExitCode.LOCKED


def test_what_was_left_on_a_scope_that_was_not_reached_is_never_0() -> None:
    problems: dict[str, CrowdSkyError] = {"a": ScopeUnreachable("a does not answer")}
    assert Look(["a"], {}).exit_code() is ExitCode.OK
    assert Look(["a"], problems).exit_code() is ExitCode.SOME_FAILED
    assert Look(["a"], problems).exit_code(ExitCode.LOCKED) is ExitCode.LOCKED
    assert Look(["a"], {}).exit_code(ExitCode.SOME_FAILED) is ExitCode.SOME_FAILED


class Scopes:
    """As much of a night as a first look touches: `away` are the scopes that do not answer."""

    def __init__(self, *away: str) -> None:
        self.watches = {
            name: SimpleNamespace(service=SimpleNamespace(name=name)) for name in ("S30", "S50")
        }
        self.views = SimpleNamespace(refresh=lambda: None)
        self.store = SimpleNamespace(targets=[])
        self._away = away

    async def look(self, scope: str | None) -> dict[str, CrowdSkyError]:
        return {
            name: ScopeUnreachable(f"{name} does not answer")
            for name in self._away
            if scope in (None, name)
        }


async def test_only_where_no_scope_at_all_can_be_read_is_a_look_an_error() -> None:
    night: Any = Scopes("S30")
    looked = await look(night, None)
    assert (list(looked.scopes), list(looked.problems)) == (["S30", "S50"], ["S30"])
    assert (await look(night, "S50")).problems == {}
    with pytest.raises(ScopeUnreachable):
        await look(night, "S30")
    both: Any = Scopes("S30", "S50")
    with pytest.raises(ScopeUnreachable, match="S30"):
        await look(both, None)
    night.watches.clear()
    with pytest.raises(UsageError, match="no scope is set"):
        await look(night, None)


def test_without_a_name_only_the_only_telescope_is_meant() -> None:
    night: Any = Scopes()
    assert one_service(night, "S50").name == "S50"
    for name in (None, "S51"):
        with pytest.raises(UsageError, match="S30, S50"):
            one_service(night, name)
    del night.watches["S30"]
    assert one_service(night, None).name == "S50"


def test_a_target_that_is_not_there_may_be_on_a_scope_that_was_not_reached() -> None:
    night: Any = Scopes()
    with pytest.raises(UsageError, match="no target named"):
        choose(night, ["M 81"], None, Look(["S50"], {}))
    problems: dict[str, CrowdSkyError] = {"S30": ScopeUnreachable("S30 does not answer")}
    with pytest.raises(ScopeUnreachable, match="no reachable scope"):
        choose(night, ["M 81"], None, Look(["S50"], problems))


class Typed(io.StringIO):
    """What a person types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("typed", ["yes\n", " YES \n"])
def test_a_typed_yes_confirms(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Typed(typed))
    confirm("Delete it?", "nothing was deleted")


@pytest.mark.parametrize("typed", ["", "\n", "y\n", "no\n", "yes please\n"])
def test_nothing_but_yes_confirms(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Typed(typed))
    with pytest.raises(UsageError, match="not confirmed"):
        confirm("Delete it?", "nothing was deleted")


def test_where_nobody_can_type_it_is_never_taken_for_confirmed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("yes\n"))
    with pytest.raises(UsageError, match="nobody was there"):
        confirm("Delete it?", "nothing was deleted")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_verb_at_a_safe_point_with_128_and_its_number(
    number: signal.Signals,
) -> None:
    ended: list[str] = []

    async def verb() -> int:
        try:
            os.kill(os.getpid(), number)
            await asyncio.sleep(30)
        finally:
            ended.append("tidy")
        return 0

    before = signal.getsignal(number)
    try:
        assert run_verb(verb()) == 128 + number
    finally:
        signal.signal(number, before)
    assert ended == ["tidy"]


def test_a_verb_that_is_cancelled_without_a_signal_has_no_code_of_its_own() -> None:
    async def verb() -> int:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        run_verb(verb())


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (ScopeUnreachable("S50 does not answer"), 4, "S50 does not answer"),
        (UsageError("that is no target"), 2, "that is no target"),
        (CrowdSkyError("it failed"), 3, "it failed"),
        (KeyboardInterrupt(), 130, "goes on at the next start"),
        (OSError(28, "No space left on device"), 3, "No space left on device"),
        (BrokenPipeError(), 3, ""),
    ],
)
def test_every_end_has_its_code_and_says_why_in_one_line(
    raised: BaseException,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(_options: Any) -> int:
        raise raised

    monkeypatch.setattr(command, "parse", lambda _argv: ParsedCommand(CommonOptions(), run))
    assert command.main([]) == code
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == (1 if said else 0)


def test_with_defaults_the_users_file_is_never_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def run(options: Any) -> int:
        asked.append(options.config)
        assert options.config.read_text() == ""
        return 7

    options = CommonOptions(defaults=True)
    monkeypatch.setattr(command, "parse", lambda _argv: ParsedCommand(options, run))
    assert command.main([]) == 7
    assert not asked[0].parent.exists()


def test_only_new_lines_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    store = Store()
    printer = _ProgressPrinter(SimpleNamespace(store=store))  # type: ignore[arg-type]
    for number in range(3):
        store.add_log(LogLine(NOON, Severity.INFO, f"line {number}"))
        if number:
            printer.tell()
    printer.tell()
    told = capsys.readouterr().err.splitlines()
    assert told == [f"12:00:00 line {number}" for number in range(3)]


def test_after_more_lines_than_are_kept_all_that_are_kept_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = Store()
    printer = _ProgressPrinter(SimpleNamespace(store=store))  # type: ignore[arg-type]
    most = store.log.maxlen or 0
    for number in range(most + 2):
        store.add_log(LogLine(NOON, Severity.INFO, f"line {number}"))
    printer.tell()
    told = capsys.readouterr().err.splitlines()
    assert (len(told), told[0], told[-1]) == (most, "12:00:00 line 2", f"12:00:00 line {most + 1}")


def test_numbers_stand_to_the_right_only_where_a_whole_column_is_numbers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table(["name", "frames", "note"], [["M 81", 7, "12"], ["a", None, "x"], ["b", 1234, ""]])
    assert capsys.readouterr().out.splitlines() == [
        "name  frames  note",
        "M 81       7  12",
        "a          -  x",
        "b       1234",
    ]


def test_a_document_is_ascii_only_where_the_output_can_show_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for encoding, shown in (("utf-8", "é"), ("ascii", "\\u00e9")):
        raw = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
        print_json({"name": "é"})
        assert shown in raw.getvalue().decode()


def test_the_settings_of_a_verb_are_those_of_its_config(tmp_path: Any, monkeypatch: Any) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[upload]\nparallel = 3\n")

    async def run(options: Any, settings: Settings) -> int:
        return settings.upload.parallel

    options = CommonOptions(config=path)
    monkeypatch.setattr(command, "parse", lambda _argv: ParsedCommand(options, run))
    assert command.main([]) == 3
