"""Pictures of a camera as they arrive: ImageBytes, or JSON (docs/design/alpaca-protocol.md 5).

No numpy here: the app's process reads the header, checks the sizes, and hands the bytes on.
"""

import json
import struct
from array import array
from typing import Any

from crowdsky_tui.base.errors import DeviceError, FileDamaged
from crowdsky_tui.instruments.alpaca.answers import refused, whole
from crowdsky_tui.instruments.camera_picture import CameraPicture

HEADER = struct.Struct("<iiIIi6i")
ELEMENTS = {1: "<i2", 2: "<i4", 3: "<f8", 4: "<f4", 5: "<u8", 6: "u1", 7: "<i8", 8: "<u2", 9: "<u4"}
"""numpy's names of the element types that may be sent."""
SIZES = {1: 2, 2: 4, 3: 8, 4: 4, 5: 8, 6: 1, 7: 8, 8: 2, 9: 4}
LARGEST_SIDE = 20_000
LARGEST_JSON_PIXELS = 8_000_000
LARGEST_ERROR = 65_536
INT32, DOUBLE = 2, 3


def read_image_bytes(
    body: bytes | memoryview, asked_id: int, *, most: tuple[int, int]
) -> CameraPicture:
    """Read the binary form. `most` is the camera's width and height.

    Raises CommandRefused for an error frame, FileDamaged for a picture that is not what it says.
    """
    if len(body) < HEADER.size:
        raise _damaged(f"it has {len(body)} bytes, less than a header")
    version, number, client_id, _, start, _, sent, rank, width, height, planes = HEADER.unpack_from(
        body
    )
    if version != 1:
        raise _damaged(f"its version is {version}")
    if not HEADER.size <= start <= len(body):
        raise _damaged("its data begin outside of it")
    if number != 0:
        raise refused("the picture", number, bytes(body[start:][:400]).decode("utf-8", "replace"))
    if client_id not in (0, asked_id):
        raise _damaged("it answers another question")
    if sent not in ELEMENTS or rank not in (2, 3):
        raise _damaged(f"its elements are of type {sent}, its rank is {rank}")
    planes = 1 if rank == 2 else planes
    _check_sides(width, height, planes, most)
    expected = width * height * planes * SIZES[sent]
    if len(body) - start != expected:
        raise _damaged(f"it has {len(body) - start} bytes of pixels instead of {expected}")
    return CameraPicture(width, height, planes, ELEMENTS[sent], memoryview(body)[start:])


def read_image_json(body: bytes | memoryview, *, most: tuple[int, int]) -> CameraPicture:
    """Read the form with nested lists. Raises the same; takes long, so call it in a thread."""
    too_large = most[0] * most[1] > LARGEST_JSON_PIXELS
    if too_large and len(body) > LARGEST_ERROR:
        raise _only_binary()
    try:
        fields = json.loads(bytes(body))
    except (ValueError, RecursionError) as error:
        raise _damaged("it is no JSON") from error
    if not isinstance(fields, dict):
        raise _damaged("it is no object")
    number = whole(fields.get("ErrorNumber", 0))
    if number is None or number != 0:
        raise refused("the picture", number or 0, fields.get("ErrorMessage"))
    if too_large:
        raise _only_binary()
    columns = fields.get("Value")
    first = columns[0] if isinstance(columns, list) and columns else None
    if not isinstance(columns, list) or not isinstance(first, list) or not first:
        raise _damaged("it holds no columns")
    height = len(first)
    planes = len(first[0]) if isinstance(first[0], list) else 1
    _check_sides(len(columns), height, planes, most)
    return _packed(columns, height, planes, whole(fields.get("Type")))


def _only_binary() -> DeviceError:
    return DeviceError(
        "the picture cannot be read",
        "so large a picture is taken in the binary form only",
        "Update the camera's Alpaca server",
    )


def _packed(columns: list[Any], height: int, planes: int, kind: int | None) -> CameraPicture:
    values: list[Any] = []
    for column in columns:
        if not isinstance(column, list) or len(column) != height:
            raise _damaged("its columns differ in length")
        if planes == 1:
            values.extend(column)
        else:
            for pixel in column:
                if not isinstance(pixel, list) or len(pixel) != planes:
                    raise _damaged("its pixels differ in planes")
                values.extend(pixel)
    code, element = ("d", "<f8") if kind == DOUBLE else ("i", "<i4")
    try:
        packed = array(code, values)
    except (TypeError, OverflowError) as error:
        raise _damaged("its pixels are no numbers") from error
    return CameraPicture(len(columns), height, planes, element, packed.tobytes())


def _check_sides(width: int, height: int, planes: int, most: tuple[int, int]) -> None:
    within = 0 < width <= min(most[0], LARGEST_SIDE) and 0 < height <= min(most[1], LARGEST_SIDE)
    if not within or not 1 <= planes <= 4:
        raise _damaged(f"it says that it has {width} × {height} pixels in {planes} planes")


def _damaged(why: str) -> FileDamaged:
    return FileDamaged("the camera's picture is damaged", why, "Take it again")
