"""What is asked of the child to find a focus, and its answer. No numpy here."""

import msgspec


class FocusRequest(msgspec.Struct, frozen=True, tag_field="op", tag="focus"):
    """The stars' widths in pixels, each at a position of the focuser in steps; at least five."""

    steps: tuple[int, ...]
    widths_px: tuple[float, ...]


class FocusCurve(msgspec.Struct, frozen=True):
    """The best position and its standard error, both in steps.

    `width_px` is how wide the stars would be there; `used` of the widths were fitted.
    """

    step: float
    error_steps: float
    width_px: float
    used: int
