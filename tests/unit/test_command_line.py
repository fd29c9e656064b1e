"""What the command line refuses, in plain words."""

import pytest

from crowdsky_tui.cli.app_options import AppOptions
from crowdsky_tui.cli.main import build_parser, main
from crowdsky_tui.cli.options import options_of
from crowdsky_tui.cli.parser import parse


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "fast", "1e9", ""])
@pytest.mark.parametrize(
    ("options", "option"),
    [
        (["--replay", "file", "--replay-speed={}"], "--replay-speed"),
        (["sync", "--wait={}"], "--wait"),
        (["simulate", "--speed={}"], "--speed"),
        (["simulate", "--seconds-per-frame={}"], "--seconds-per-frame"),
        (["simulate", "--rpc-port={}"], "--rpc-port"),
    ],
)
def test_a_number_out_of_its_limits_is_named_without_an_internal_name(
    options: list[str], option: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [each.format(text) for each in options]
    if option in ("--wait", "--seconds-per-frame", "--rpc-port") and text == "0":
        build_parser().parse_args(given)
        return
    if option == "--speed" and text == "1e9":
        return
    with pytest.raises(SystemExit) as ended:
        main(given)
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert option in told and " to " in told.splitlines()[-1]
    assert "invalid" not in told and "_" not in told.splitlines()[-1]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--config", "sync"],
        ["--config=a", "--read-only", "--defaults"],
        ["--demo"],
        ["--demo", "--dusk"],
        ["--scope", "stack", "--json"],
        ["--replay", "file", "--replay-speed", "2"],
        ["--rec", "file"],
        ["--conf", "a"],
    ],
)
def test_the_app_alone_is_understood_as_by_the_whole_parser(words: list[str]) -> None:
    namespace = build_parser().parse_args(words)
    assert parse(words).options == options_of(AppOptions, namespace)
    assert parse(words).run is None


@pytest.mark.parametrize(
    "words",
    [["--nonsense"], ["nonsense"], ["--config"], ["--re", "x"], ["--demo=1"], ["--replay-speed=x"]],
)
def test_what_the_app_alone_does_not_understand_the_whole_parser_refuses(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for parsed in (parse, build_parser().parse_args):
        with pytest.raises(SystemExit) as ended:
            parsed(words)
        assert ended.value.code == 2
        told.append(capsys.readouterr().err)
    assert told[0] == told[1] and "VERB" in told[0]


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["--he"], ["--demo", "--help"]])
def test_help_names_the_verbs(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(words)
    assert "settle" in capsys.readouterr().out


def test_the_app_alone_makes_no_verbs_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crowdsky_tui.cli.parser.build_parser", None)
    assert parse(["--read-only"]).options.read_only
