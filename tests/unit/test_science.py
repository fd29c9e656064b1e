"""What the science child says about good, damaged and hostile files."""

import hashlib
import math
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from science_files import hdu, raw_header, write

from crowdsky_tui.blocks import chunk_str
from crowdsky_tui.compute.messages import Damage
from crowdsky_tui.compute.worker import answer
from crowdsky_tui.fits.date_obs import parse_date_obs, plain_date_obs
from crowdsky_tui.fits.messages import (
    MAX_HEAD,
    DateObsRequest,
    FileFacts,
    HeaderFacts,
    HeaderRequest,
    InspectRequest,
)

PRIMARY = ("SIMPLE  =                    T", "BITPIX  =                   16")


def header_of(head: bytes) -> HeaderFacts:
    reply = answer(HeaderRequest(head[:MAX_HEAD]))
    assert reply.damage is None
    assert reply.header is not None
    return reply.header


def inspected(path: Path) -> FileFacts:
    reply = answer(InspectRequest(os.fsencode(path)))
    assert reply.damage is None
    assert reply.file is not None
    return reply.file


def damage_of(what: bytes | Path) -> Damage:
    request = (
        HeaderRequest(what[:MAX_HEAD])
        if isinstance(what, bytes)
        else InspectRequest(os.fsencode(what))
    )
    reply = answer(request)
    assert reply.header is None
    assert reply.file is None
    assert reply.damage is not None
    return reply.damage


def test_a_stack(tmp_path: Path) -> None:
    path = tmp_path / "stack.fit"
    data = write(path)
    facts = inspected(path)
    assert facts.size == len(data) == facts.header.expected_size
    assert facts.sha256 == hashlib.sha256(data).hexdigest()
    assert facts.header == header_of(data) == HeaderFacts(
        ra_deg=148.888,
        dec_deg=69.065,
        pixel=6478,
        date_obs=datetime(2026, 2, 27, 21, 59, 41, 751879, tzinfo=UTC),
        filter="LP",
        exposure_s=20.0,
        stack_count=41,
        total_s=820.0,
        telescope="S50_00000000",
        object_name="M 81",
        width=16,
        height=20,
        planes=3,
        expected_size=2880 + 2880,
    )  # fmt: skip


def test_a_sub_frame(tmp_path: Path) -> None:
    path = tmp_path / "sub.fit"
    write(path, (192, 108), STACKCNT=None, TOTALEXP=None)
    header = inspected(path).header
    assert (header.width, header.height, header.planes) == (108, 192, 1)
    assert (header.stack_count, header.total_s, header.exposure_s) == (None, None, 20.0)
    assert header.expected_size == path.stat().st_size


def test_the_size_of_a_real_stack_from_its_header_alone() -> None:
    axes = ("NAXIS   = 3", "NAXIS1  = 1080", "NAXIS2  = 1920", "NAXIS3  = 3")
    filler = [f"COMMENT {i}" for i in range(80)]
    assert header_of(raw_header(*PRIMARY, *axes, *filler)).expected_size == 12_450_240


def test_a_file_from_the_server_has_totals_and_extensions(tmp_path: Path) -> None:
    """Its EXPTIME is the total and NIMAGES the count; the planes are extensions."""
    primary = fits.PrimaryHDU()
    primary.header["EXPTIME"] = 820.0
    primary.header["NIMAGES"] = 41
    planes = [fits.ImageHDU(np.zeros((20, 16), np.uint16), name=name) for name in ("RED", "GREEN")]
    stars = fits.BinTableHDU.from_columns([fits.Column("x", "D", array=np.arange(9.0))])
    path = tmp_path / "product.fits"
    fits.HDUList([primary, *planes, stars]).writeto(path)
    facts = inspected(path)
    assert facts.size == path.stat().st_size > facts.header.expected_size == 2880
    assert (facts.header.width, facts.header.planes) == (0, 0)
    assert facts.header.exposure_s == 20.0
    assert (facts.header.stack_count, facts.header.total_s) == (41, 820.0)
    whole = path.read_bytes()
    path.write_bytes(whole[:-2880])
    assert "cut short" in damage_of(path).what
    path.write_bytes(whole + b"\0" * 2880)
    assert "2,880 bytes after" in damage_of(path).why


@pytest.mark.parametrize("missing", ["RA", "DEC"])
@pytest.mark.parametrize("value", [None, "09 55 33.2", "148.888", True, "nan"])
def test_a_position_that_cannot_be_used(missing: str, value: object) -> None:
    cards: dict[str, Any] = {missing: value}
    made = hdu(**cards)
    if value is None:
        assert missing not in made.header
    facts = header_of(made.header.tostring().encode())
    assert facts.pixel is None
    assert (facts.ra_deg if missing == "RA" else facts.dec_deg) is None
    assert facts.object_name == "M 81"


def test_a_position_off_the_sphere() -> None:
    facts = header_of(hdu(DEC=120.0).header.tostring().encode())
    assert (facts.ra_deg, facts.dec_deg, facts.pixel) == (None, None, None)


def test_a_bare_minimum() -> None:
    facts = header_of(raw_header(*PRIMARY, "NAXIS   = 0"))
    assert facts == HeaderFacts(
        None, None, None, None, "", None, None, None, "", "", 0, 0, 0, 2880
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "chunk"),
    [
        ("2025-01-15T19:30:00", "20250115.78"),
        ("2025-01-15 19:30:00", "20250115.78"),
        ("2025-01-15T19:30:00Z", "20250115.78"),
        ("2025-01-15T19:29:59.999999", "20250115.77"),
        ("2025-01-15T19:29:59.9999999", "20250115.77"),
        ("2025-01-15T19:30:00+01:00", "20250115.74"),
        ("2025-01-15T23:59:59.9", "20250115.95"),
        ("2025-01-15", "20250115.00"),
        ("2025-02-30T01:00:00", None),
        ("2025-01-15T24:00:00", None),
        ("2024-12-31T23:59:60", None),
        ("0001-01-01T00:00:00+01:00", None),
        ("2025-W03-3", None),
        ("20250115T193000", None),
        ("15/01/25", None),
        ("garbage", None),
        ("now", None),
        ("", None),
    ],
)
def test_date_obs(text: str, chunk: str | None) -> None:
    """Published slot vectors; days that never were are refused instead of rolled over."""
    when = parse_date_obs(text)
    assert (when and chunk_str(when)) == chunk


def test_text_from_a_header_is_clean() -> None:
    hostile = "OBJECT  = 'a\x1b]52;c;x\x07[/red]\x9b1m'"
    facts = header_of(raw_header(*PRIMARY, "NAXIS   = 0", hostile, "FILTER  = 'L\u00ff\x00P '"))
    assert facts.object_name == "a?]52;c;x?[/red]?1m"
    assert facts.filter == "L??P"


@pytest.mark.parametrize(
    "card",
    [
        "OBJECT  = 'never closed",
        "OBJECT  = not a value at all",
        "OBJECT  = 'long&'",
        "OBJECT  =",
        "OBJECT  = T",
        "HIERARCH  =  = = 'x'",
        "RA      = 1E999",
        "RA      = " + "9" * 70,
        "EXPTIME = (1.0, 2.0)",
        "STACKCNT= -3",
        "STACKCNT= 1.5",
        "\xff" * 80,
        "=" * 80,
        "DATE-OBS= 20260724",
    ],
)
def test_odd_cards_cost_only_themselves(card: str) -> None:
    facts = header_of(
        raw_header(*PRIMARY, "NAXIS   = 0", card, "TELESCOP= 'S50_00000000'", "DEC     = 1.0")
    )
    assert facts.telescope == "S50_00000000"
    assert facts.pixel is None
    assert facts.stack_count is None
    assert facts.date_obs is None


def test_a_continuation_of_a_number_spoils_the_number() -> None:
    damage = damage_of(raw_header(*PRIMARY, "NAXIS   = 0", "CONTINUE  'of what?'"))
    assert damage.why == "its NAXIS is not a size"


@pytest.mark.parametrize("keep", [0, 1, 29, 100, 1000, 2879, 2880, 2881, 4000, 5759])
def test_a_file_cut_short(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "cut.fit"
    data = write(path)
    path.write_bytes(data[:keep])
    damage = damage_of(path)
    if keep == 0:
        assert damage.what == "cut.fit is empty"
    else:
        assert damage.what == "cut.fit is cut short"
    if keep >= 2880:
        assert damage.why == f"{keep:,} of 5,760 bytes"
    assert damage.next_step == "Fetch it again"


def test_a_header_cut_before_its_end() -> None:
    data = hdu().header.tostring().encode()
    end = data.index(b"END     ")
    damage = damage_of(data[:end])
    assert damage.what == "the file's header is cut short"
    assert damage.why == f"its header has no END in {end:,} bytes"


@pytest.mark.parametrize("extra", [1, 2880])
def test_bytes_after_the_picture(tmp_path: Path, extra: int) -> None:
    path = tmp_path / "long.fit"
    path.write_bytes(write(path) + b"\x1b" * extra)
    damage = damage_of(path)
    assert damage.what == "long.fit is not a clean FITS file"
    assert damage.why == f"{extra:,} bytes after the picture are not an extension"


@pytest.mark.parametrize(
    "page",
    [
        b"<!DOCTYPE html><html><body>SECRET login</body></html>",
        b"\r\n  <html><title>SECRET</title>",
        b"<?xml version='1.0'?><error>SECRET</error>",
    ],
)
def test_a_web_page_saved_as_fit(tmp_path: Path, page: bytes) -> None:
    path = tmp_path / "page.fit"
    path.write_bytes(page)
    for damage in (damage_of(path), damage_of(page)):
        assert "is a web page, not a FITS file" in damage.what
        assert "SECRET" not in str(damage)


@pytest.mark.parametrize(
    "garbage",
    [b"SECRET", b'{"error": "SECRET"}', os.urandom(5000), b"\0" * 9000, b"SIMPLE  = SECRET",
     b"SIMPLE  =                    F".ljust(2880), b"\x89PNG\r\n\x1a\nSECRET"],
    ids=["text", "json", "random", "zeros", "simple", "not simple", "png"],
)  # fmt: skip
def test_garbage(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "garbage.fit"
    path.write_bytes(garbage)
    damage = damage_of(path)
    assert damage.what == "garbage.fit is not a FITS file"
    assert "SECRET" not in str(damage)


@pytest.mark.parametrize(
    ("cards", "why"),
    [
        (("NAXIS   = 2", "NAXIS1  = 100000", "NAXIS2  = 100000"), "more than 512 MiB"),
        (("NAXIS   = 1", "NAXIS1  = " + "9" * 60), "more than 512 MiB"),
        (("NAXIS   = 0", "GCOUNT  = 1000000000", "PCOUNT  = 1000000000"), "more than 512 MiB"),
        (("NAXIS   = 999",), "too many axes"),
        (("NAXIS   = 2", "NAXIS1  = 100"), "NAXIS2 is not a size"),
        (("NAXIS   = 1", "NAXIS1  = -5"), "NAXIS1 is not a size"),
        (("NAXIS   = 1", "NAXIS1  = 5.5"), "NAXIS1 is not a size"),
        (("NAXIS   = 1", "NAXIS1  = T"), "NAXIS1 is not a size"),
        (("NAXIS   = 'SECRET'",), "NAXIS is not a size"),
        ((), "NAXIS is not a size"),
        (("BITPIX  = 17", "NAXIS   = 0"), "BITPIX"),
    ],
)
def test_sizes_that_are_not_believed(cards: tuple[str, ...], why: str) -> None:
    first = PRIMARY[:1] if any(card.startswith("BITPIX") for card in cards) else PRIMARY
    damage = damage_of(raw_header(*first, *cards))
    assert damage.what == "the file's header is not a usable FITS file"
    assert why in damage.why
    assert "SECRET" not in str(damage)


def test_512_mib_exactly_is_believed() -> None:
    facts = header_of(raw_header(*PRIMARY, "NAXIS   = 2", "NAXIS1  = 16384", "NAXIS2  = 16384"))
    assert facts.expected_size == 2880 + math.ceil(512 * 1024**2 / 2880) * 2880


def test_a_header_that_never_ends(tmp_path: Path) -> None:
    path = tmp_path / "endless.fit"
    path.write_bytes(raw_header(*PRIMARY, *["COMMENT"] * 64 * 36, end=False))
    assert damage_of(path).why == "its header never ends"


def test_a_long_header_within_the_cap(tmp_path: Path) -> None:
    path = tmp_path / "long.fit"
    path.write_bytes(raw_header(*PRIMARY, "NAXIS   = 0", *["COMMENT"] * 63 * 36))
    assert inspected(path).size == 64 * 2880


def test_what_is_not_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.fit"
    os.mkfifo(pipe)
    assert damage_of(pipe).what == "pipe.fit is not a regular file"
    assert damage_of(tmp_path).what.endswith("is not a regular file")
    missing = damage_of(tmp_path / "missing.fit")
    assert (missing.what, missing.why) == (
        "missing.fit cannot be read", "No such file or directory",
    )  # fmt: skip


def test_names_that_are_not_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\x1b[31m.fit"))
    assert inspected_size(path, write(path)) > 0
    path.write_bytes(b"junk")
    damage = damage_of(path)
    assert damage.what.isprintable()
    assert damage.what.endswith("[31m.fit is not a FITS file")


def inspected_size(path: Path, data: bytes) -> int:
    facts = inspected(path)
    assert facts.size == len(data)
    return facts.size


def test_what_nobody_foresaw_names_only_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: Any) -> None:
        raise RecursionError("SECRET")

    monkeypatch.setattr("crowdsky_tui.fits.header_facts.header_facts", explode)
    damage = damage_of(b"x")
    assert damage.why == "it led to a RecursionError"
    monkeypatch.setattr(
        "crowdsky_tui.fits.header_facts.header_facts", lambda *_: bytearray(1 << 60)
    )
    assert "too much memory" in damage_of(b"x").why


@pytest.mark.parametrize(
    ("cards", "plain"),
    [
        (["DATE-OBS= '2026-02-27T21:59:41.751879' / begun"], True),
        (["DATE-OBS= '2026-02-27 21:59:41'"], True),
        (["DATE-OBS= '2026-02-27T21:59:41Z   '/"], True),
        (["DATE-OBS=   '2026-02-27T21:59:41'"], False),
        (["DATE-OBS= '2026-02-30T21:59:41'"], False),
        (["DATE-OBS= 2026"], False),
        (["DATE-OBS= '2026-02-27T21:59:41'", "DATE-OBS= '2026-02-27T21:59:42'"], False),
        (["COMMENT DATE-OBS= '2026-02-27T21:59:41'"], False),
        ([], False),
    ],
)
def test_a_plain_date_is_the_one_that_astropy_reads(cards: list[str], plain: bool) -> None:
    head = raw_header(*PRIMARY, "NAXIS   =                    0", *cards)
    found = plain_date_obs(head)
    assert (found is not None) == plain
    by_astropy = header_of(head).date_obs
    assert found in (None, by_astropy)
    assert answer(DateObsRequest(head)).date_obs == by_astropy


def test_a_date_in_a_header_without_an_end_is_not_believed() -> None:
    head = raw_header(*PRIMARY, "DATE-OBS= '2026-02-27T21:59:41'", end=False)
    assert plain_date_obs(head) is None
    assert answer(DateObsRequest(head)).damage is not None
