"""Seeded mutations of JSON documents: odd types, sizes, numbers, shapes and broken bytes.

Shared by the fuzzers of both protocols. The same `random.Random` gives the same mutations.
"""

import json
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any


class Raw:
    """Text that goes into a document as it is, also where it is no JSON."""

    def __init__(self, text: str) -> None:
        self.text = text


NUMBERS: tuple[Any, ...] = (
    *(0, -1, 1, 5, 255, 10**9, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**19),
    *(0.5, -0.0, 1e-320, 1e15, 1e18, 1.7976931348623157e308, -1e300),
    *(Raw("1e400"), Raw("-1e400"), Raw("1" + "0" * 400), Raw("-1" + "0" * 400), Raw("9" * 5000)),
    *(Raw("NaN"), Raw("Infinity"), Raw("-Infinity"), Raw("1e"), Raw("01"), Raw("0x10")),
)
TEXTS: tuple[Any, ...] = (
    *("", " ", "0", "-1", "5", "1e400", "1" + "0" * 400, "nan", "inf", "true", "null"),
    *("\x00", "\x1b[2J\x1b]52;c;eA==\x07", "\u202e", "\ufeff", "\U0001f320", "o\u0308"),
    *("../../x", "/", "a/b", "\\", "%s%n", "{0}", "[b]", "x" * 300, "y" * 100_000),
    *("20260227.99_HP999999", "99990101.00_HP000000", "00010101.95_HP196607"),
    *(Raw('"\\ud800"'), Raw('"\\u0000"'), Raw('"\x01"'), Raw('"')),
)
DATES: tuple[Any, ...] = (
    *("0000-00-00 00:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"),
    *("0001-01-01 00:00:00", "9999-12-31 23:59:59", "1970-01-01T00:00:00Z", "1969-12-31"),
    *("2026-02-30 25:61:61", "99999-01-01", "2026-07-24T21:03:55.999999999999", "2026-W01-1"),
)
SHAPES: tuple[Any, ...] = (
    *(None, True, False, [], {}, [[]], [{}], [None], {"": None}, {"error": "no"}, {"error": 1}),
    *([0] * 1000, {"a": {"b": {"c": []}}}, list(range(3)), ["x", 1, None, {}, []]),
    *(Raw("[" * 3000 + "]" * 3000), Raw("{"), Raw("]"), Raw("")),
)
ODD_VALUES = (*NUMBERS, *TEXTS, *DATES, *SHAPES)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
ODD_BYTES = (b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r\n\r\n", b"\x1b[31m", b'"')


def encoded(tree: Any) -> str:
    """JSON text of plain values and `Raw` ones."""
    if isinstance(tree, Raw):
        return tree.text
    if isinstance(tree, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{encoded(v)}" for k, v in tree.items()) + "}"
    if isinstance(tree, list | tuple):
        return "[" + ",".join(map(encoded, tree)) + "]"
    return json.dumps(tree)


def mutated(random: Random, tree: Any) -> Any:
    """A copy of `tree` with one place in it changed; the whole may be replaced as well."""
    if isinstance(tree, dict) and tree and random.random() < 0.9:
        return _mutated_object(random, tree)
    if isinstance(tree, list) and tree and random.random() < 0.9:
        return _mutated_list(random, tree)
    if random.random() < 0.3:
        return random.choice(([tree], {"value": tree}, encoded(tree)))
    return random.choice(_of_its_kind(tree) if random.random() < 0.5 else ODD_VALUES)


def _of_its_kind(value: Any) -> tuple[Any, ...]:
    """Odd values that a reader of such a value may well take."""
    if isinstance(value, bool | None):
        return SHAPES
    if isinstance(value, int | float):
        return NUMBERS
    if isinstance(value, str):
        return DATES if _DATE.match(value) else TEXTS
    return SHAPES


def _mutated_object(random: Random, tree: dict[str, Any]) -> dict[str, Any]:
    changed = dict(tree)
    key = random.choice(list(tree))
    what = random.random()
    if what < 0.1:
        del changed[key]
    elif what < 0.2:
        changed[str(random.choice(TEXTS[:-4]))] = random.choice(ODD_VALUES)
    elif what < 0.25:
        changed[key.upper()] = changed.pop(key)
    else:
        changed[key] = mutated(random, tree[key])
    return changed


def _mutated_list(random: Random, tree: list[Any]) -> list[Any]:
    place = random.randrange(len(tree))
    what = random.random()
    if what < 0.1:
        return tree[:place] + tree[place + 1 :]
    if what < 0.2:
        return [*tree, *[tree[place]] * random.choice((1, 50, 500))]
    if what < 0.3:
        return [*tree[:place], random.choice(ODD_VALUES), *tree[place:]]
    return [*tree[:place], mutated(random, tree[place]), *tree[place + 1 :]]


def replaced(random: Random, tree: Any) -> Any:
    """A copy of `tree` with one of its places, all equally likely, replaced by an odd value."""
    path = random.choice(list(_paths(tree)))
    return _with(tree, path, random.choice(ODD_VALUES))


def _paths(tree: Any) -> Iterator[tuple[Any, ...]]:
    yield ()
    if isinstance(tree, dict | list):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from ((key, *path) for path in _paths(value))


def _with(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = dict(tree) if isinstance(tree, dict) else list(tree)
    changed[path[0]] = _with(tree[path[0]], path[1:], value)
    return changed


def damaged(random: Random, data: bytes) -> bytes:
    """`data` cut, doubled, or with odd bytes somewhere."""
    at = random.randrange(len(data) + 1)
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: data[:at],
        lambda: data[at:],
        lambda: data + data,
        lambda: data[:at] + random.choice(ODD_BYTES) + data[at:],
        lambda: data[:at] + random.randbytes(8) + data[at + 8 :],
        lambda: b"",
    )
    return random.choice(ways)()


def mutated_json(random: Random, tree: Any, *, may_break: bool = True) -> bytes:
    """One to four mutations of `tree` as bytes; with `may_break` they may be no JSON at all."""
    for _ in range(random.randint(1, 4)):
        tree = mutated(random, tree)
    data = encoded(tree).encode(errors="surrogatepass")
    return damaged(random, data) if may_break and random.random() < 0.25 else data
