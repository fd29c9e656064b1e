"""Checks a document of `--json` against the schema that the program gives for its verb."""

import json
import subprocess
from collections.abc import Sequence
from functools import cache
from typing import Any

import jsonschema

from crowdsky_tui.cli.documents.schemas import DOCUMENTS, schema_of
from crowdsky_tui.cli.parser import parse


def name_of(words: Sequence[str]) -> str:
    """The verb, and its action, of a command line."""
    command = parse(list(words))
    assert command.run is not None
    verb = command.run.__name__.replace("_", "-")
    action = getattr(command.options, "action", None) or getattr(command.options, "what", "")
    name = f"{verb} {action}".strip()
    return name if name in DOCUMENTS else verb


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    """Of the schema, in which no key may come that it does not name."""
    schema = schema_of(name.split())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(closed(schema))


def closed(schema: Any) -> Any:
    """The same, without keys that are not named where some are."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    names = "properties" in made and isinstance(made["properties"], dict)
    return {**made, "additionalProperties": False} if names and "type" in made else made


def document_of(done: "subprocess.CompletedProcess[str]") -> Any:
    """What a command printed, which is checked; ValueError if it is no JSON."""
    words = [str(word) for word in done.args]
    return checked(words[words.index("crowdsky_tui") + 1 :], done.stdout)


def checked(words: Sequence[str], text: str) -> Any:
    """The document that these words of the command line printed, once it is checked."""
    document = json.loads(text)
    check_document(words, document)
    return document


def check_document(words: Sequence[str], document: Any) -> None:
    """AssertionError that names what the schema does not say."""
    name = name_of(words)
    wrong = [
        f"{'/'.join(map(str, each.absolute_path))}: {each.message[:300]}"
        for each in validator(name).iter_errors(document)
    ]
    assert not wrong, (name, wrong[:5])
