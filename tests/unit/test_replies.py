"""Status reports among what is typed: taken out, however they are cut."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crowdsky_tui.tui.terminal.status_reports import CUT_S, ESCAPE_S, Replies

REPORT = "\x1b[1;13R"
KEYS = ("j", "\x1b[A", "\x1b[6~", "\x1b[106u", "\x1b[1;5C", "é", "\x1b[<0;12;5M")


class Input:
    def __init__(self) -> None:
        self.now = 50.0
        self.replies = Replies(lambda: self.now)
        self.typed = ""
        self.marks: list[int] = []

    def feed(self, data: str, awaited: bool = True) -> None:
        text, marks = self.replies.feed(data, awaited=awaited)
        self.typed += text
        self.marks += marks


@example(parts=[REPORT, "\x1b[A"], steps=[1, 7])
@given(
    st.lists(st.sampled_from((*KEYS, REPORT)), max_size=8),
    st.lists(st.integers(1, 9), max_size=40),
)
def test_cut_anywhere_keys_stay_and_reports_never_are_keys(
    parts: list[str], steps: list[int]
) -> None:
    here, data = Input(), "".join(parts)
    for step in (*steps, len(data)):
        here.feed(data[:step])
        data = data[step:]
        here.now += 0.2
        assert not here.replies.overdue()
    assert here.typed == "".join(part for part in parts if part != REPORT)
    assert here.marks == [13] * parts.count(REPORT)


def test_escape_waits_only_while_a_report_is_awaited_and_only_so_long() -> None:
    here = Input()
    here.feed("\x1b", awaited=False)
    assert here.typed == "\x1b"
    here.feed("\x1b")
    assert here.typed == "\x1b" and not here.replies.overdue()
    here.now += ESCAPE_S
    assert here.replies.overdue() and not here.replies.overdue()
    here.feed("j")
    assert here.typed == "\x1bj"


def test_a_key_a_moment_after_escape_is_never_made_an_alt_of() -> None:
    here = Input()
    here.feed("\x1b")
    here.now += 0.15
    assert here.replies.overdue("?")
    here.feed("?")
    assert here.typed == "?"
    here.feed("\x1b")
    here.now += 0.05
    assert not here.replies.overdue("x")
    here.feed("x")
    assert here.typed == "?\x1bx", "as fast as this alt sends it"


def test_reports_that_come_meanwhile_never_prolong_escape_s_waiting() -> None:
    here = Input()
    here.feed("\x1b")
    for _ in range(3):
        here.now += ESCAPE_S / 3
        here.feed(REPORT)
    assert here.replies.overdue()


def test_the_end_of_a_paste_is_never_taken_for_escape() -> None:
    here = Input()
    here.feed("\x1b[200~pasted\x1b", awaited=False)
    here.now += 10
    assert not here.replies.overdue()
    here.feed("[201~j")
    assert here.typed == "\x1b[200~pasted\x1b[201~j"


def test_what_is_cut_off_for_good_is_no_key() -> None:
    here = Input()
    here.feed("\x1b[1;1")
    here.now += CUT_S + 0.1
    assert not here.replies.overdue()
    here.feed("j")
    assert here.typed == "j"


@pytest.mark.parametrize("key", KEYS)
def test_whole_keys_pass_at_once(key: str) -> None:
    here = Input()
    here.feed(key)
    assert here.typed == key


@pytest.mark.parametrize("cut", range(2, len(REPORT)))
def test_the_rest_of_a_report_is_no_key_however_late_it_comes(cut: int) -> None:
    here = Input()
    here.feed(REPORT[:cut])
    here.now += CUT_S - 0.1
    assert not here.replies.overdue(REPORT[cut:] + "?")
    here.feed(REPORT[cut:] + "?")
    assert here.typed == "?" and here.marks == [13]


def test_the_rest_of_a_report_whose_escape_was_taken_for_the_key_is_no_key() -> None:
    here = Input()
    here.feed("\x1b")
    here.now += ESCAPE_S
    assert here.replies.overdue()
    here.now += CUT_S / 2
    here.feed(REPORT[1:] + "?")
    assert here.typed == "?" and here.marks == [13]
    here.now += CUT_S
    here.feed("[1;13R")
    assert here.typed == "?[1;13R", "long after, what is typed is typed"
