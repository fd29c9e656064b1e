"""Only glibc has the switches for freed memory: another C library is left alone."""

import ctypes
from types import SimpleNamespace
from typing import Any

import pytest

from crowdsky_tui.base import memory

ALL = (memory.give_back_large_blocks, memory.share_one_heap, memory.give_back_holes)


def with_library(monkeypatch: pytest.MonkeyPatch, **functions: Any) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace(**functions))


def test_a_c_library_without_the_switches_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with_library(monkeypatch)
    for switch in ALL:
        switch()


def test_each_switch_is_glibcs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, ...]] = []
    with_library(
        monkeypatch,
        mallopt=lambda *given: asked.append(given),
        malloc_trim=lambda *given: asked.append(given),
    )
    for switch in ALL:
        switch()
    assert asked == [(-3, 256 * 1024), (-8, 1), (0,)]
