"""The page of troubles: each symptom's words are the program's own, and each has a remedy."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/troubles.md").read_text()
VARIES = "…"
FEWEST = 30


def symptoms() -> list[tuple[str, str]]:
    """The first and the last cell of every row."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in rows]
    return [(each[0], each[-1]) for each in cells if each[0] != "what you see"]


def words_of(symptom: str) -> list[str]:
    """What of a symptom the program says; a key, a code or a setting is not its words."""
    spoken = re.findall(r"`([^`]+)`", symptom)
    return [each for each in spoken if not re.fullmatch(r"[a-z]+\.[a-z_]+", each)]


@cache
def source() -> str:
    """The program's text; strings that are written in several pieces are whole."""
    files = sorted((ROOT / "crowdsky_tui").rglob("*.py"))
    text = "\n".join(path.read_text() for path in files)
    return re.sub(r'"\s*\n\s*f?"', "", text)


def is_said(words: str) -> bool:
    """Whether a text of the program holds these words; `…` is what it fills in."""
    pattern = r"\{[^\"\n]*?\}".join(re.escape(part) for part in words.split(VARIES))
    return re.search(pattern, source()) is not None


@pytest.mark.parametrize("symptom", [each for each, _ in symptoms()])
def test_the_words_are_the_programs(symptom: str) -> None:
    unknown = [words for words in words_of(symptom) if not is_said(words)]
    assert unknown == []


def test_words_that_nobody_says_are_found() -> None:
    assert not is_said("the telescope is on holiday") and not is_said("the … is on holiday")
    assert words_of("`the disk …`, beside `storage.base`") == ["the disk …"]


def test_each_has_a_remedy_and_most_are_the_programs_words() -> None:
    rows = symptoms()
    assert all(remedy for _, remedy in rows)
    assert len([symptom for symptom, _ in rows if words_of(symptom)]) >= FEWEST
