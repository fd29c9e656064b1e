"""Patterns that are compiled at their first use."""

import re

import pytest

from crowdsky_tui.base.patterns import LazyPattern


def test_nothing_is_compiled_before_the_first_use_and_then_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled: list[str] = []
    truly = re.compile

    def noted(text: str, flags: int = 0) -> re.Pattern[str]:
        compiled.append(text)
        return truly(text, flags)

    monkeypatch.setattr(re, "compile", noted)
    pattern = LazyPattern("(a)(b)?", re.IGNORECASE)
    assert compiled == []
    assert [pattern.fullmatch(text) is not None for text in ("A", "AB", "x")] == [True, True, False]
    assert compiled == ["(a)(b)?"]


def test_it_is_used_as_a_pattern_is() -> None:
    pattern = LazyPattern(rb"\d+")
    assert pattern.sub(b"#", b"a1b22") == b"a#b#"
    assert [found[0] for found in pattern.finditer(b"a1b22")] == [b"1", b"22"]
    assert pattern.search(b"abc") is None
