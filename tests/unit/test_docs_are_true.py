"""Every command, option, setting and key that the documentation names exists."""

import contextlib
import importlib
import io
import pkgutil
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.screen import Screen

import crowdsky_tui.tui.screens
from crowdsky_tui.base.errors import SettingsError
from crowdsky_tui.cli.parser import parse, verb_names
from crowdsky_tui.config.describe import known, setting_of
from crowdsky_tui.config.load import TABLES
from crowdsky_tui.tui.actions.registry import ACTIONS
from crowdsky_tui.tui.key_names import show_key
from release.docs_hooks import commands_page, from_the_root, led_inside, settings_page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = {
    page.relative_to(ROOT).as_posix(): page.read_text("utf-8")
    for page in [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
}
FOR_USERS = [name for name in PAGES if "design/" not in name]
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
SECTIONS = {setting.key.split(".")[0] for setting in known() if "." in setting.key}
PLACEHOLDER = re.compile(r"[A-Z]{3,}|…|\[|\|")


def fenced(text: str, *languages: str) -> Iterator[str]:
    for language, block in FENCED.findall(text):
        if language in languages:
            yield block


def inline(text: str) -> list[str]:
    return INLINE.findall(FENCED.sub("", text))


def refusal(line: str) -> str:
    """What the parser says against a line; empty if it takes it."""
    words = shlex.split(line.partition(" > ")[0].partition(" < ")[0], comments=True)[1:]
    told = io.StringIO()
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(told):
        try:
            parse(words)
        except SystemExit as ended:
            return told.getvalue() if ended.code else ""
    return ""


def commands_of(text: str) -> list[str]:
    lines = [line for block in fenced(text, "sh", "") for line in block.splitlines()]
    shown = [line for line in lines if re.match(r"(\S*/)?crowdsky-tui( |$)", line)]
    return [line for line in shown if "…" not in line]


@pytest.mark.parametrize("page", FOR_USERS)
def test_every_command_line_that_is_shown_is_understood(page: str) -> None:
    assert {line: why for line in commands_of(PAGES[page]) if (why := refusal(line))} == {}


@pytest.mark.parametrize("page", FOR_USERS)
def test_every_command_in_a_sentence_is_one(page: str) -> None:
    shown = [code for code in inline(PAGES[page]) if code.startswith("crowdsky-tui ")]
    whole = [code for code in shown if not PLACEHOLDER.search(code)]
    assert {code: why for code in whole if (why := refusal(code))} == {}
    verbs = {code.split()[1] for code in shown if code.split()[1].isalpha()}
    assert sorted(verbs - set(verb_names()) - {"COMMAND"}) == []


def keys_of(table: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """The dotted keys of a TOML table, as `setting_of` takes them."""
    for name, value in table.items():
        if name in TABLES and isinstance(value, list):
            for number, each in enumerate(value, 1):
                yield from keys_of(each, f"{name}.{number}.")
        elif isinstance(value, dict):
            yield from keys_of(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


@pytest.mark.parametrize("page", FOR_USERS)
def test_every_setting_in_a_settings_file_that_is_shown_exists(page: str) -> None:
    for block in fenced(PAGES[page], "toml"):
        table = tomllib.loads(block)
        if "project" not in table:  # another package's own file
            for key in keys_of(table):
                setting_of(key)


@pytest.mark.parametrize("page", [name for name in PAGES if name != "docs/design/map.md"])
def test_every_setting_in_a_sentence_exists(page: str) -> None:
    unknown = []
    for code in inline(PAGES[page]):
        key = code.partition(" =")[0].partition("=")[0].strip()
        if not re.fullmatch(r"[a-z]+\.[a-z_]+", key) or key.split(".")[0] not in SECTIONS:
            continue
        try:
            setting_of(key)
        except SettingsError:
            unknown.append(code)
    assert [
        code for code in unknown if not code.endswith((".py", ".toml", ".md", ".csv", ".lock"))
    ] == []


def bound_keys() -> set[str]:
    """Every key that does something somewhere, as the pages write it."""
    keys = {key for action in ACTIONS for key in action.keys}
    screens: list[type[Screen[Any]]] = [Screen]
    for screen in screens:
        screens += screen.__subclasses__()
        for binding in vars(screen).get("BINDINGS", ()):
            keys |= set(binding.key.split(","))
    return {show_key(key) for key in keys} | {"esc"}


@pytest.mark.parametrize("page", FOR_USERS)
def test_every_key_in_a_sentence_does_something(page: str) -> None:
    room = crowdsky_tui.tui.screens
    for module in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
        importlib.import_module(module.name)

    shown = {code for code in inline(PAGES[page]) if len(code) == 1 and code.isprintable()}
    shown |= {code for code in inline(PAGES[page]) if code in {"enter", "space", "tab", "esc"}}
    assert sorted(shown - bound_keys() - {"#", "<", "?", "…", "$"}) == []


def test_every_page_has_its_place_in_the_site() -> None:
    nav = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
    listed = set(re.findall(r"^ +- ([\w/-]+\.md)$", nav, flags=re.MULTILINE))
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    assert pages <= listed
    made = {"index.md", "changelog.md", "contributing.md"}
    assert listed - pages <= made | {"reference/commands.md", "reference/settings.md"}


def test_the_reference_of_settings_has_each_of_them() -> None:
    page = settings_page()
    every = [*known(), *(each for table in TABLES.values() for each in known(table))]
    alone = {*TABLES, "keymap"}
    assert [
        each.key for each in every if each.key not in alone and f"`{each.key}`" not in page
    ] == []


def test_the_reference_of_commands_has_each_of_them() -> None:
    headings = re.findall(r"^## ([\w-]+)$", commands_page(), flags=re.MULTILINE)
    assert sorted(headings) == verb_names()
    assert commands_of(commands_page())


def test_links_out_of_the_docs_are_led_to_the_sites_pages() -> None:
    assert led_inside("[a](../../CONTRIBUTING.md#x)", 1) == "[a](../contributing.md#x)"
    assert led_inside("[a](../config.example.toml)", 0) == "[a](config.example.toml)"
    assert led_inside("[a](../keys.md) [b](https://x.org/README.md)", 1) == (
        "[a](../keys.md) [b](https://x.org/README.md)"
    )
    assert from_the_root("[a](docs/keys.md) [b](CONTRIBUTING.md) [c](#d)") == (
        "[a](keys.md) [b](contributing.md) [c](#d)"
    )
