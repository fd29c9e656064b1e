"""A verb is one file: its options in a typed record beside its code."""

import inspect
from pathlib import Path

import msgspec
import pytest

from crowdsky_tui.cli.options import CommonOptions, arguments_of, overrides
from crowdsky_tui.cli.parser import module_of, parse, summary, verb_names


@pytest.mark.parametrize("verb", verb_names())
def test_a_verbs_file_has_its_options_and_a_function_of_its_name(verb: str) -> None:
    module = module_of(verb)
    run = getattr(module, verb.replace("-", "_"))
    assert run.__module__ == module.__name__ == module.Options.__module__
    assert issubclass(module.Options, CommonOptions)
    assert list(inspect.signature(run).parameters) in (["options"], ["options", "settings"])
    assert summary(verb) == module.__doc__.splitlines()[0]


@pytest.mark.parametrize("verb", verb_names())
def test_nothing_in_a_verb_reads_an_untyped_namespace(verb: str) -> None:
    assert "Namespace" not in inspect.getsource(module_of(verb))


def test_what_is_parsed_is_the_record_with_its_types() -> None:
    options = parse(
        ["--read-only", "sync", "M 81", "NGC 1", "--wait", "5", "--config", "c.toml"]
    ).options
    assert type(options) is module_of("sync").Options
    told = {name: value for name, value in msgspec.structs.asdict(options).items() if value}
    assert told == {
        "read_only": True,
        "target": ("M 81", "NGC 1"),
        "wait": 5.0,
        "config": Path("c.toml"),
    }
    assert msgspec.structs.asdict(parse(["fetch-frame", "1", "2"]).options)["id"] == (1, 2)
    assert parse([]).run is None


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("sync", {}),
        ("sync --read-only", {"read_only": True}),
        ("--read-only targets", {"read_only": True}),
        ("sync --dest D", {"storage.downloads": "D"}),
        ("upload --dest D", {"storage.downloads": "D"}),
        ("bundle --dest D", {}),
        ("stack --block-minutes 20", {"stacking.block_minutes": 20}),
        ("blocks M81 --min-exptime 0", {"stacking.min_exptime": 0.0}),
        ("stack --block-minutes 0", {"stacking.block_minutes": 0}),
        ("frames --healpix 1 --min-exptime 60", {}),
    ],
)
def test_only_an_option_for_a_setting_changes_it_for_the_run(
    line: str, changed: dict[str, object]
) -> None:
    assert overrides(parse(line.split()).options) == changed


def test_what_the_demo_saves_is_kept_in_the_present_folder() -> None:
    changed = overrides(parse(["film", "M 81", "--demo"]).options)
    assert changed == {"storage.pictures": str(Path.cwd())}


def test_a_field_without_a_note_is_no_option() -> None:
    class Some(CommonOptions, frozen=True, kw_only=True):
        made: str = ""

    common = [name for name, _, _ in arguments_of(CommonOptions)]
    assert [name for name, _, _ in arguments_of(Some)] == common
