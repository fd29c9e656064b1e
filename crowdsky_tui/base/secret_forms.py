r"""Finds a secret in a text, in whatever form it is written there, and puts a mask in its place.

A server that repeats a request's `Authorization` header writes the login in Base64; others on
the way quote by `%`, `\\u`, `&` or `=`, or break lines. So a text is searched as it is, and as it
reads when such quoting is undone, up to `DEPTH` times over. Runs of Base64 or hex that hold a text
are read as that text.
"""

import base64
import binascii
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator

from crowdsky_tui.base.patterns import LazyPattern

MASK = "********"
SHORTEST = 4
"""Characters: masking a shorter secret would garble every sentence."""
DEPTH = 3
LONGEST = 65536
"""Characters of a line that are looked at; what is beyond is cut off."""

Span = tuple[int, int]
_BASE64 = LazyPattern(rb"[A-Za-z0-9+/=_-]*")
_HEX = LazyPattern(rb"[0-9A-Fa-f]*")
_RUN_OF_CODE = "[A-Za-z0-9+/_-]{16,}={0,2}"
_RUN = LazyPattern(_RUN_OF_CODE)
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff\N{REPLACEMENT CHARACTER}"
_QUOTING = LazyPattern(f"[%\\\\&=\r\n<\x1b{_INVISIBLE}]")
_TAG, _COLOUR = r"</?[A-Za-z][^<>]{0,60}>", r"\x1b\[[0-9;:?]*[ -/]*[@-~]"
_BREAK = "|".join((r"=?\r?\n|\r|&shy;|&zwnj;", _TAG, _COLOUR, *_INVISIBLE)).encode()
_BETWEEN_HEX = r"[\s:,-]*(?:0x|\\x)?"
_BETWEEN_NUMBERS = r"[\s,]+"


def _unbroken(_: re.Match[bytes]) -> bytes:
    return b""


def _percent(found: re.Match[bytes]) -> bytes:
    digits = found[0].lstrip(b"%uU")
    return bytes((int(digits, 16),)) if len(digits) == 2 else _utf8(int(digits, 16))


def _quoted_printable(found: re.Match[bytes]) -> bytes:
    return bytes((int(found[0][1:], 16),))


def _backslash(found: re.Match[bytes]) -> bytes:
    text = found[0]
    if pair := re.fullmatch(rb"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", text, re.IGNORECASE):
        high, low = int(pair[1], 16), int(pair[2], 16)
        return _utf8(0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF))
    if text[1:2] in b"uxU" and len(text) > 2:
        return _utf8(int(text[2:].strip(b"{}"), 16))
    if text[1:].isdigit():
        return _utf8(int(text[1:], 8))
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(text[1:], text[1:])


def _text_in(found: re.Match[bytes]) -> bytes:
    """The text that a run of hex or Base64 holds; the run itself if that is none."""
    run = found[0]
    for read in (binascii.unhexlify, _from_base64):
        try:
            raw = read(run)
            if raw.decode("utf-8").replace("\r", "").replace("\n", "").isprintable():
                return raw.strip(b"\r\n")
        except ValueError:
            continue
    return run


def _from_base64(run: bytes) -> bytes:
    bare = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    return base64.b64decode(bare + b"=" * (-len(bare) % 4), validate=True)


def _holds_text(run: bytes) -> bool:
    return any(_text_in(found) != run for found in _READINGS[-1][0].finditer(run))


def _entity(found: re.Match[bytes]) -> bytes:
    from html import unescape

    return unescape(found[0].decode("ascii")).encode(errors="replace")


def _utf8(code: int) -> bytes:
    return chr(min(code, 0x10FFFF)).encode("utf-8", "surrogatepass")


_READINGS: tuple[tuple[LazyPattern[bytes], Callable[[re.Match[bytes]], bytes]], ...] = (
    (LazyPattern(rb"%(?:[0-9a-f]{2}|u[0-9a-f]{4})", re.IGNORECASE), _percent),
    (
        LazyPattern(
            rb"\\u\{[0-9a-f]{1,6}\}|\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\u[0-9a-f]{4}"
            rb"|\\U[0-9a-f]{8}|\\x[0-9a-f]{2}|\\[0-7]{3}|\\[^\s0-9ux]",
            re.IGNORECASE,
        ),
        _backslash,
    ),
    (LazyPattern(rb"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});?", re.I), _entity),
    (LazyPattern(rb"=[0-9A-Fa-f]{2}"), _quoted_printable),
    (LazyPattern(rb"(?:" + _BREAK + rb")+[ \t]*"), _unbroken),
    (LazyPattern(_RUN_OF_CODE.encode()), _text_in),
)
"""What is undone, and how: URLs; JSON, Python and C; HTML; quoted-printable; broken words; runs."""


class Secrets:
    """Some secrets, and all their forms. `users` are names that may stand before one (`user:`)."""

    def __init__(self, values: Iterable[str], users: Iterable[str] = ()) -> None:
        plain: dict[bytes, None] = {}
        coded: dict[bytes, None] = {}
        hexed: list[str] = []
        names = [name for name in users if name]
        for value in values:
            if len(value) < SHORTEST:
                continue
            raws = _encoded(value)
            plain |= dict.fromkeys(form for raw in raws for form in _with_blanks(raw))
            plain |= dict.fromkeys(_cut_to_ascii(value))
            raws += [value.encode(wide, "surrogatepass") for wide in ("utf-16-le", "utf-16-be")]
            twice = [base64.b64encode(raw) for raw in raws]
            twice += [base64.b64encode(f"{name}:{value}".encode()) for name in names]
            coded |= dict.fromkeys(core for raw in (*raws, *twice) for core in _cores(raw))
            hexed += [_BETWEEN_HEX.join(f"{byte:02x}" for byte in raw) for raw in raws]
            hexed += [rf"(?<!\d){_BETWEEN_NUMBERS.join(map(str, raw))}(?!\d)" for raw in raws]
        self._plain = tuple(sorted(plain, key=len, reverse=True))
        self._coded = tuple(coded)
        self._hex = re.compile("|".join(hexed).encode(), re.IGNORECASE) if hexed else None
        self._at_once = tuple(
            form.decode("utf-8", "surrogateescape") for form in (*self._plain, *self._coded)
        )
        self._hex_text = re.compile("|".join(hexed), re.IGNORECASE) if hexed else None

    def hide(self, text: str, mask: str = MASK) -> str:
        """The text with a mask for each secret."""
        if not self._at_once or not self._suspicious(text):
            return text
        data = text.encode("utf-8", "surrogatepass")
        return self.hide_bytes(data, mask.encode()).decode("utf-8", "surrogatepass")

    def hide_bytes(self, data: bytes, mask: bytes = MASK.encode()) -> bytes:
        """The same for bytes; the very object where there is nothing to hide."""
        spans = sorted(self._spans(data)) if self._at_once else []
        if not spans:
            return data
        pieces, at = [], 0
        for start, end in spans:
            if end <= at:
                continue
            if start >= at:
                pieces += [data[at:start], mask]
            at = end
        return b"".join((*pieces, data[at:]))

    def _suspicious(self, text: str) -> bool:
        if _QUOTING.search(text) is not None or any(form in text for form in self._at_once):
            return True
        if self._hex_text is not None and self._hex_text.search(text) is not None:
            return True
        runs = (found[0].encode() for found in _RUN.finditer(text))
        return any(_holds_text(run) for run in runs)

    def _spans(self, data: bytes) -> Iterator[Span]:
        readings = [_Reading(data)]
        seen = {data}
        for depth in range(DEPTH + 1):
            for reading in readings:
                for start, end in self._direct(reading.data):
                    yield reading.origin(start), reading.origin_end(end)
            if depth == DEPTH:
                return
            further = [each.undone(*how) for each in readings for how in _READINGS]
            readings = []
            for reading in filter(None, further):
                if reading.data not in seen:
                    seen.add(reading.data)
                    readings.append(reading)

    def _direct(self, data: bytes) -> Iterator[Span]:
        for form in self._plain:
            yield from _found(form, data)
        for form in self._coded:
            for start, end in _found(form, data):
                yield _widened(data, start, end, _BASE64)
        if self._hex is not None:
            for found in self._hex.finditer(data):
                yield _widened(data, *found.span(), _HEX)


class _Reading:
    """Bytes as they read with some quoting undone, and where each of them stood before."""

    def __init__(
        self,
        data: bytes,
        parent: "_Reading | None" = None,
        tokens: tuple[tuple[int, int, int, int], ...] = (),
    ) -> None:
        """A token is where it stands here, from and to, and where it stood in `parent`."""
        self.data = data
        self._parent = parent
        self._tokens = tokens
        self._starts = [token[0] for token in tokens]

    def undone(
        self, pattern: LazyPattern[bytes], value: Callable[[re.Match[bytes]], bytes]
    ) -> "_Reading | None":
        """With one kind of quoting undone; None if there is none of it."""
        pieces: list[bytes] = []
        tokens: list[tuple[int, int, int, int]] = []
        at = length = 0
        for found in pattern.finditer(self.data):
            gap, plain = self.data[at : found.start()], value(found)
            begin = length + len(gap)
            length = begin + len(plain)
            pieces += [gap, plain]
            tokens.append((begin, length, *found.span()))
            at = found.end()
        if not tokens:
            return None
        return _Reading(b"".join((*pieces, self.data[at:])), self, tuple(tokens))

    def origin(self, at: int) -> int:
        """Where the byte at `at` began in the first text."""
        if self._parent is None:
            return at
        begin, end, first, after = self._token(at)
        return self._parent.origin(first if begin <= at < end else after + at - end)

    def origin_end(self, end: int) -> int:
        """Where what ends before `end` ended in the first text."""
        if self._parent is None:
            return end
        begin, until, _, after = self._token(end - 1)
        inside = begin <= end - 1 < until
        return self._parent.origin_end(after if inside else after + end - until)

    def _token(self, at: int) -> tuple[int, int, int, int]:
        """The last token that begins at `at` or before it."""
        index = bisect_right(self._starts, at) - 1
        return self._tokens[index] if index >= 0 else (0, 0, 0, 0)


def _encoded(value: str) -> list[bytes]:
    """A text's bytes in UTF-8 and Latin-1, and in UTF-8 that was taken for Latin-1.

    In each normal form.
    """
    forms = {unicodedata.normalize(form, value): None for form in ("NFC", "NFD")} | {value: None}
    return list(dict.fromkeys(raw for form in forms for raw in _bytes_of(form)))


def _cut_to_ascii(value: str) -> list[bytes]:
    """What is left where only ASCII was kept, if that still tells enough."""
    cut = [value.encode("ascii", how) for how in ("replace", "ignore")]
    return [raw for raw in cut if not value.isascii() and len(raw.strip(b"?")) >= 2 * SHORTEST]


def _bytes_of(value: str) -> list[bytes]:
    utf8 = value.encode("utf-8", "surrogatepass")
    if value.isascii():
        return [utf8]
    twice = utf8.decode("latin-1").encode()
    try:
        return [utf8, twice, value.encode("latin-1")]
    except UnicodeEncodeError:
        return [utf8, twice]


def _with_blanks(raw: bytes) -> tuple[bytes, ...]:
    """As forms (`+`), header words (`_`) and pages write blanks, and where a line ends instead."""
    blanks = (b" ", b"+", b"_", b"\xc2\xa0", b"")
    forms = (raw.replace(b" ", blank) for blank in blanks)
    return tuple(form for form in forms if len(form) >= SHORTEST)


def _cores(raw: bytes) -> Iterator[bytes]:
    """What is in each Base64 text that has `raw` in it, whatever stands around it."""
    for before in range(3):
        text = base64.b64encode(bytes(before) + raw)
        core = text[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        if len(core) >= SHORTEST:
            yield core
            yield core.translate(bytes.maketrans(b"+/", b"-_"))


def _found(form: bytes, data: bytes) -> Iterator[Span]:
    at = data.find(form)
    while at >= 0:
        yield at, at + len(form)
        at = data.find(form, at + 1)


def _widened(data: bytes, start: int, end: int, of: LazyPattern[bytes]) -> Span:
    """With all that is of the same code before and behind it."""
    before = of.match(data[start - 1 :: -1] if start else b"")
    behind = of.match(data, end)
    return start - len(before[0] if before else b""), behind.end() if behind else end
