"""MkDocs: pages made from the program itself, and links that lead out of `docs/`.

The reference of commands is the parser's and the examples', that of settings the schema's.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from crowdsky_tui.cli.examples import Example, examples_of  # noqa: E402
from crowdsky_tui.cli.parser import build_parser  # noqa: E402
from crowdsky_tui.config.describe import Setting, example_file, known  # noqa: E402
from crowdsky_tui.config.load import TABLES  # noqa: E402

OUTSIDE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "config.example.toml": "config.example.toml",
}
"""Files beside `docs/`, and what they are called in the site."""
LINK = re.compile(r"(\]\()((?:\.\./)*)([\w./-]+)(#[\w-]+)?(\))")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that are made, and the files beside `docs/`."""
    from mkdocs.structure.files import File

    made = {
        "reference/commands.md": commands_page(),
        "reference/settings.md": settings_page(),
        "config.example.toml": example_file(),
    }
    for outside, name in OUTSIDE.items():
        if outside.endswith(".md"):
            made[name] = from_the_root((ROOT / outside).read_text("utf-8"))
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead links to the files beside `docs/` to their pages."""
    return led_inside(markdown, page.file.src_uri.count("/"))


def from_the_root(text: str) -> str:
    """A file of the root, with its links as they are in `docs/`."""

    def moved(found: re.Match[str]) -> str:
        opened, _, path, anchor, closed = found.groups()
        inside = OUTSIDE.get(path) or path.removeprefix("docs/")
        if inside in OUTSIDE.values() or path.startswith("docs/"):
            return f"{opened}{inside}{anchor or ''}{closed}"
        return found[0]

    return LINK.sub(moved, text)


def led_inside(text: str, depth: int) -> str:
    """A page `depth` folders below `docs/`, with links out of `docs/` led to the site's pages."""

    def moved(found: re.Match[str]) -> str:
        opened, up, path, anchor, closed = found.groups()
        if up.count("../") != depth + 1 or path not in OUTSIDE:
            return found[0]
        return f"{opened}{'../' * depth}{OUTSIDE[path]}{anchor or ''}{closed}"

    return LINK.sub(moved, text)


def commands_page() -> str:
    """Every verb and action with its arguments and examples, as `--help` tells them."""
    parser = build_parser()
    common = {each.dest for each in parser._actions}
    parts = [
        "# Every command\n\nMade of the program's own parser; `crowdsky-tui COMMAND --help` says"
        " the same. [Commands](../commands.md) is the page to read first.\n",
        "## For all of them\n",
        *_arguments(parser, set()),
    ]
    for made in _below(parser):
        words = made.prog.split()[1:]
        level = "##" if len(words) == 1 else "###"
        parts += [f"{level} {' '.join(words)}\n", f"{made.description}\n"]
        parts += _arguments(made, common)
        if not any(isinstance(each, argparse._SubParsersAction) for each in made._actions):
            parts += _example_block(examples_of(words))
    return "\n".join(parts)


def _below(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for made in action.choices.values():
                yield made
                yield from _below(made)


def _arguments(parser: argparse.ArgumentParser, leave_out: set[str]) -> list[str]:
    """A list of what a parser takes, but what all of them take."""
    lines = []
    for action in parser._actions:
        several = isinstance(action, argparse._SubParsersAction)
        if several or action.dest in leave_out or argparse.SUPPRESS in (action.help, action.dest):
            continue
        value = action.metavar or action.dest.upper()
        if action.choices:
            value = "|".join(str(each) for each in action.choices)
        named = action.option_strings[-1:] or [""]
        word = f"{named[0]} {value if action.nargs != 0 else ''}".strip()
        lines.append(f"- `{word}`: {action.help or 'as its name says'}")
    return [*lines, ""]


def _example_block(examples: list[Example]) -> list[str]:
    lines = [f"{each.line}    # {each.meaning}" if each.meaning else each.line for each in examples]
    return ["```sh", *lines, "```", ""]


def settings_page() -> str:
    """Every setting with its default, unit and meaning, as the program has them."""
    groups: dict[str, list[Setting]] = {}
    for setting in known():
        groups.setdefault(setting.key.rpartition(".")[0], []).append(setting)
    alone = groups.pop("")
    parts = [
        "# Every setting\n\nMade of the program's own schema; `crowdsky-tui config show` tells your"
        " values, `E` in the app changes them. [Settings](../settings.md) is the page to read"
        " first.\n",
        *_settings_table([each for each in alone if each.key not in {*TABLES, "keymap"}]),
    ]
    for group, each in groups.items():
        parts += [f"## [{group}]\n", *_settings_table(each)]
    for table, section in TABLES.items():
        parts += [f"## [[{table}]]\n", *_settings_table([*known(section)])]
    keymap = next(each for each in alone if each.key == "keymap")
    parts += ["## [keymap]\n", f"{keymap.meaning} The ids: [keys](../keys.md).\n"]
    return "\n".join(parts)


def _settings_table(settings: list[Setting]) -> list[str]:
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    for each in settings:
        default = _cell(json.dumps(each.default)) if each.default != "" else ""
        one_of = f" One of: {', '.join(each.choices)}." if each.choices else ""
        rows.append(f"| `{each.key}` | {default} | {_escaped(each.meaning)}{_escaped(one_of)} |")
    return [*rows, ""]


def _cell(text: str) -> str:
    return f"`{text.replace('|', '&#124;')}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
