"""`crowdsky-tui schema`: each verb with `--json` has one, and documents are checked against it."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from json_schema_kit import check_document, name_of

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.cli.documents.schemas import DOCUMENTS, schema_of
from crowdsky_tui.cli.main import main
from crowdsky_tui.cli.parser import module_of, verb_names

NO_DOCUMENT = {"completion", "config example", "man", "schema", "simulate", "target export"}
"""What these print has a form of its own, whatever is asked for."""


def printed() -> Iterator[str]:
    """Every verb, with each of its actions."""
    for verb in verb_names():
        module = module_of(verb)
        actions = list(getattr(module, "ACTIONS", ()))
        if not actions:
            choices = getattr(module.Options, "__annotations__", {}).get("what")
            told = getattr(choices, "__metadata__", ())
            actions = list(told[0].choices or ()) if told else []
        yield from (f"{verb} {action}" for action in actions) if actions else (verb,)


def test_every_verb_that_prints_a_document_has_a_schema() -> None:
    missing = [
        name
        for name in printed()
        if name not in NO_DOCUMENT and name not in DOCUMENTS and name.split()[0] not in DOCUMENTS
    ]
    assert missing == []


def test_there_is_no_schema_of_what_no_verb_prints() -> None:
    every = {*printed(), "--check-update"}
    verbs = {name.split()[0] for name in every}
    assert [name for name in DOCUMENTS if name not in every and name not in verbs] == []


def test_each_is_a_schema_and_says_what_it_is_of() -> None:
    for name in DOCUMENTS:
        schema = schema_of(name.split())
        jsonschema.Draft202012Validator.check_schema(schema)
        assert name in schema["title"] and json.dumps(schema)


def test_the_verb_names_them_and_prints_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr().out.split("\n")[:-1] == list(DOCUMENTS)
    assert main(["schema", "log", "show"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "one line" in told["title"] and told["$ref"] == "#/$defs/Record"
    assert main(["schema", "man"]) == 2
    assert "prints no document" in capsys.readouterr().err
    with pytest.raises(UsageError):
        schema_of([])


def test_a_document_with_another_key_or_value_is_refused() -> None:
    row: dict[str, Any] = {
        "target": "M 81", "scope": "S50", "raw_files": 3, "stacked_files": 1, "blocks_ready": 1,
        "blocks_stacked": 0, "blocks_confirmed": None, "left_out": "",
    }  # fmt: skip
    assert name_of(["targets", "--json"]) == "targets"
    check_document(["targets", "--json"], [row])
    for wrong in ({**row, "more": 1}, {**row, "raw_files": "3"}, {"target": "M 81"}):
        with pytest.raises(AssertionError):
            check_document(["targets", "--json"], [wrong])
