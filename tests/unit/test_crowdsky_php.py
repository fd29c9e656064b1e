"""The stand-in reads headers, dates and numbers as PHP does (crowdsky-protocol.md 4)."""

import subprocess
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crowdsky_tui.simulator.crowdsky import fits as php
from crowdsky_tui.simulator.crowdsky.php_json import php_json

NOW = datetime(2026, 11, 20, 22, 7, 5, tzinfo=UTC)


def header(*cards: str, blocks: int = 1) -> bytes:
    text = "".join(card.ljust(80) for card in ("SIMPLE  =                    T", *cards))
    return text.encode("latin-1").ljust(blocks * 2880)


@pytest.mark.parametrize(
    ("card", "value"),
    [
        ("OBJECT  = 'M 81    '           / name", "M 81"),
        ("OBJECT  = 'Barnard''s Star'", "Barnard"),
        ("OBJECT  =  'M 81'              / name", "'M 81'"),
        ("OBJECT  = 'a / b'", "a / b"),
        ("OBJECT  =           148.888 / [deg]", "148.888"),
        ("OBJECT  = '", ""),
    ],
)
def test_values(card: str, value: str) -> None:
    assert php.read_cards(header(card, "END"))["OBJECT"] == value


def test_cards_after_end_or_without_an_equals_sign_do_not_count() -> None:
    cards = php.read_cards(header("COMMENT x", "RA      x 1", "GAIN    = 80", "END", "DEC     = 2"))
    assert cards == {"SIMPLE": "T", "GAIN": "80"}


def test_only_ten_whole_blocks_are_read() -> None:
    filler = ["COMMENT"] * (36 * 10 - 2)
    assert "RA" in php.read_cards(header(*filler, "RA      = 1", "END", blocks=11))
    assert "RA" not in php.read_cards(header(*filler, "COMMENT", "RA      = 1", "END", blocks=11))
    assert php.read_cards(header("RA      = 1", "END")[:2879]) == {}


@pytest.mark.parametrize("head", [b"", b"SIMPLE", b"SIMPLE  = T".ljust(2880), b"simple"])
def test_bad_headers(head: bytes) -> None:
    with pytest.raises(php.BadHeader, match="bad header"):
        php.read_cards(head)


@pytest.mark.parametrize(
    ("text", "chunk"),
    [
        ("2025-01-15T19:30:00", "20250115.78"),
        ("2025-01-15 19:30:00", "20250115.78"),
        ("2025-01-15T19:29:59.999999", "20250115.77"),
        ("2025-01-15T19:30:00+01:00", "20250115.74"),
        ("2025-01-15T19:30:00Z", "20250115.78"),
        ("2025-01-15T23:59:59.9", "20250115.95"),
        ("2024-12-31T23:59:60", "20250101.00"),
        ("2025-02-30T01:00:00", "20250302.04"),
        ("2025-01-15", "20250115.00"),
        ("20260724", "20260724.00"),
        ("now", "20261120.88"),
        ("", None),
        ("garbage", None),
        ("15/01/25", None),
        ("24/07/26", None),
        ("2025-13-01T00:00:00", None),
        ("9999-12-31T24:00:00", None),
    ],
)
def test_date_obs_to_chunk(text: str, chunk: str) -> None:
    assert php.chunk_key(php.strtotime(text, UTC, NOW), None, None) == chunk


def test_a_wrong_zone_shifts_the_slot() -> None:
    vienna = php.strtotime("2025-01-15T19:30:00", ZoneInfo("Europe/Vienna"), NOW)
    assert php.chunk_key(vienna, 148.888, 69.065) == "20250115.74_HP006478"


@pytest.mark.parametrize(
    ("ra", "dec", "part"),
    [
        (83.633, 22.014, "_HP061302"),
        (360.0, 0.0, "_HP097536"),
        (-360.0, 0.0, "_HP097536"),
        (12.0, 90.0, "_HP000000"),
        (12.0, 90.1, ""),
        (None, 22.0, ""),
    ],
)
def test_positions(ra: float | None, dec: float | None, part: str) -> None:
    assert php.chunk_key(NOW, ra, dec) == f"20261120.88{part}"


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e3", 1000), (" 1.5", 1.5), ("-.5", -0.5), ("1.0D2", None), ("09:55:33", None), ("", None)],
)
def test_numbers(text: str, value: float | None) -> None:
    assert php.number(text) == value
    assert php.number(None) is None


def test_database_dates() -> None:
    assert php.column_datetime("2026-07-24T21:03:55.9") == "2026-07-24 21:03:55"
    assert php.column_datetime("2026-07-24") == "2026-07-24 00:00:00"
    for refused in ("2026-07-24T21:03:55Z", "2026-07-24T21:03:55+00:00", "2026-02-30", "x"):
        with pytest.raises(ValueError, match=r"datetime|day"):
            php.column_datetime(refused)


def test_json() -> None:
    assert php_json({"a": [90.0, 90.5, None, "é/"]}) == rb'{"a":[90,90.5,null,"\u00e9\/"]}'


def test_the_stand_in_starts_without_astropy() -> None:
    code = (
        "import sys; import crowdsky_tui.simulator.crowdsky.server;"
        "print([m for m in ('astropy', 'numpy', 'PIL') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
