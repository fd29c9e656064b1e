"""What the command line refuses, in plain words."""

import pytest

from crowdsky_tui.cli.main import build_parser, main


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
