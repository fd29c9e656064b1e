"""The observer's place does not leave the house: what is sent, and what stays as it was."""

import hashlib
from pathlib import Path

import pytest
from server_raw import RECEIPT, RawServer, reply

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.services.crowdsky.scrub import blanked

PLACE = {
    "SITELONG": "16.3394",
    "SITELAT": "48.2082",
    "OBSGEO-B": "48.2082",
    "HIERARCH SITELAT": "48.2082",
    "COMMENT at SITELAT": "48.2082",
}


def fits_with(path: Path, cards: dict[str, str], end: str = "END") -> Path:
    lines = [f"{'SIMPLE':<8}= {'T':>20}", "OBJECT  = 'M 81    '"]
    lines += [f"{key:<8}= {value:>20}" for key, value in cards.items()]
    header = "".join(line.ljust(80) for line in [*lines, end]).encode()
    pixels = b"SITELAT =              48.2082".ljust(80) + bytes(range(256)) * 2000
    path.write_bytes(header.ljust(-(-len(header) // 2880) * 2880) + pixels)
    return path


def sent_file(body: bytes) -> bytes:
    start = body.index(b"SIMPLE  =")
    return body[start : body.rindex(b"\r\n--")]


async def test_only_the_cards_of_the_place_are_blanked(tmp_path: Path) -> None:
    path = fits_with(tmp_path / "stack.fit", PLACE)
    original = path.read_bytes()
    before = hashlib.sha256(original).hexdigest()
    async with RawServer(reply(200, RECEIPT)) as raw:
        await raw.client().upload_stack(path, scrub_location=1)
        sent = sent_file(raw.asked[0].body)
    assert len(sent) == len(original)
    header = sent[:2880]
    for word in (b"SITE", b"48.2082", b"16.3394", b"OBSGEO"):
        assert word not in header
    assert b"OBJECT  = 'M 81    '" in header and b"END" in header
    assert sent[2880:] == original[2880:]  # pixels that look like a card are pixels
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert [each.name for each in tmp_path.iterdir()] == ["stack.fit"]


@pytest.mark.parametrize("wish", [None, 0])
async def test_without_the_wish_the_file_goes_as_it_is(tmp_path: Path, wish: int | None) -> None:
    path = fits_with(tmp_path / "stack.fit", PLACE)
    async with RawServer(reply(200, RECEIPT)) as raw:
        await raw.client().upload_stack(path, scrub_location=wish)
        assert sent_file(raw.asked[0].body) == path.read_bytes()


async def test_a_header_without_end_is_not_sent(tmp_path: Path) -> None:
    path = fits_with(tmp_path / "stack.fit", PLACE, end="")
    async with RawServer(reply(200, RECEIPT)) as raw:
        with pytest.raises(FileDamaged, match="place"):
            await raw.client().upload_stack(path, scrub_location=1)
        assert raw.asked == []


async def test_a_header_longer_than_a_piece(tmp_path: Path) -> None:
    long = {f"KEY{number:05d}": "1" for number in range(2000)} | PLACE
    path = fits_with(tmp_path / "stack.fit", long)
    from crowdsky_tui.config.rate_schedule import parse_timetable
    from crowdsky_tui.services.http.rate import Pace

    async with RawServer(reply(200, RECEIPT)) as raw:
        client = raw.client(pace=Pace(parse_timetable("4M")))
        await client.upload_stack(path, scrub_location=1)
        sent = sent_file(raw.asked[0].body)
    assert b"16.3394" not in sent
    assert len(sent) == path.stat().st_size


def hdu(first: str, cards: dict[str, str], data: bytes) -> bytes:
    lines = [first, *(f"{key:<8}= {value:>20}" for key, value in cards.items()), "END"]
    header = "".join(line.ljust(80) for line in lines).encode()
    return b"".join(part.ljust(-(-len(part) // 2880) * 2880) for part in (header, data))


async def test_the_place_goes_out_of_every_extension(tmp_path: Path) -> None:
    path = tmp_path / "stack.fits"
    shape = {"BITPIX": "8", "NAXIS": "1", "NAXIS1": "800000"}
    image = hdu("XTENSION= 'IMAGE   '", shape | PLACE, b"SITELAT = 48.2082" * 47059)
    table = hdu("XTENSION= 'BINTABLE'", {"EXTNAME": "'STAR-TAB'", **PLACE}, b"")
    path.write_bytes(hdu("SIMPLE  =                    T", PLACE, b"") + image + table)
    original = path.read_bytes()
    async with RawServer(reply(200, RECEIPT)) as raw:
        await raw.client().upload_stack(path, scrub_location=1)
        sent = sent_file(raw.asked[0].body)
    assert len(sent) == len(original) == path.stat().st_size
    assert path.read_bytes() == original
    assert b"16.3394" not in sent  # of the three headers; the pixels are left as they are
    assert sent.count(b"48.2082") == 47059
    assert sent[2880 * 2 : -2880] == original[2880 * 2 : -2880]
    assert b"'STAR-TAB'" in sent


async def test_text_that_continues_a_place_goes_too(tmp_path: Path) -> None:
    path = tmp_path / "stack.fit"
    cards = ["SITELAT = '48.&'", "CONTINUE  '2082'", "OBJECT  = 'M &'", "CONTINUE  '81'"]
    first = "".join(card.ljust(80) for card in ["SIMPLE  =                    T", *cards])
    path.write_bytes(hdu(first, {}, b""))
    async with RawServer(reply(200, RECEIPT)) as raw:
        await raw.client().upload_stack(path, scrub_location=1)
        sent = sent_file(raw.asked[0].body)
    assert b"2082" not in sent and b"48." not in sent
    assert b"'M &'" in sent and b"'81'" in sent


@pytest.mark.parametrize("offset", [0, 79, 80, 100, 159, 160, 400])
def test_a_card_across_two_pieces_is_blanked_in_both(offset: int) -> None:
    whole = b"x" * 80 + b"y" * 80 + b"z" * 240
    parts = (whole[:offset], whole[offset:])
    sent = blanked(parts[0], 0, [80]) + blanked(parts[1], offset, [80])
    assert sent == whole.replace(b"y", b" ")


async def test_a_file_that_changes_while_it_is_sent_is_not_handed_over(tmp_path: Path) -> None:
    path = fits_with(tmp_path / "stack.fit", PLACE)
    grown = False

    def grow(sent: int, total: int) -> None:
        nonlocal grown
        if sent and not grown:
            grown = True
            with path.open("ab") as file:
                file.write(b"more")

    async with RawServer(reply(200, RECEIPT)) as raw:
        with pytest.raises(FileDamaged, match="changed while it was being sent"):
            await raw.client().upload_stack(path, scrub_location=1, progress=grow)
        assert grown
