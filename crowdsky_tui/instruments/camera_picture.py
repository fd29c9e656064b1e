"""A picture as a camera of a rig sends it, whatever its protocol."""

import msgspec


class CameraPicture(msgspec.Struct, frozen=True):
    """`data` are `width` × `height` × `planes` elements of numpy's type `element`.

    Column after column, the planes of a pixel side by side: reshape to (width, height, planes) and
    transpose for rows.
    """

    width: int
    height: int
    planes: int
    element: str
    data: bytes | memoryview
