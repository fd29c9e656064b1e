"""The first line: the program's name, the date, local and UTC time, a badge if not all is real."""

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.sky.sky_night import SkyNight
from crowdsky_tui.store.store import ConditionsView, ScopeView
from crowdsky_tui.tui.format.sky import fitting, sky_words
from crowdsky_tui.tui.format.values import scope_zone
from crowdsky_tui.tui.widgets.lines import Lines
from crowdsky_tui.tui.widgets.paint import Part, parts_width, spread

READ_ONLY = "READ-ONLY"
UNASKED = "no reading yet"


def time_parts(now: datetime, zone: tzinfo | None) -> list[Part]:
    """`Fri 20 Nov  22:47 CET  21:47 UTC`, to the minute."""
    local = now.astimezone(zone)
    parts = [(f" {local:%a} {local.day} {local:%b}  ", "dim"), (f"{local:%H:%M} {local:%Z}", "")]
    if local.utcoffset() != now.astimezone(UTC).utcoffset():
        parts.append((f"  {now.astimezone(UTC):%H:%M} UTC", "dim"))
    return parts


def automatic_words(words: str, width: int) -> str:
    """`automatic night: on`, shorter where there is little room; empty while it is off."""
    if words == "off":
        return ""
    return f"automatic night: {words}" if width >= 100 else f"auto: {words.partition(',')[0]}"


def unsafe_words(conditions: ConditionsView | None, width: int) -> str:
    """`NOT SAFE roof: rain 20 s ago`, shorter where there is little room; else empty."""
    if conditions is None or conditions.safety != "unsafe":
        return ""
    if conditions.reasons and all(each.endswith(UNASKED) for each in conditions.reasons):
        return "no reading of the sensors yet" if width >= 130 else "NO READING YET"
    why = conditions.reasons[0] if conditions.reasons else conditions.text
    return f"NOT SAFE {why}" if width >= 130 else "NOT SAFE"


class TopLine(Lines):
    """Its `tick` costs nothing while the minute stays."""

    def tick(
        self,
        clock: Clock,
        scopes: Iterable[ScopeView],
        badge: str,
        width: int,
        automatic: str = "off",
        sky: SkyNight | None = None,
        conditions: ConditionsView | None = None,
        *,
        read_only: bool = False,
    ) -> None:
        """Show the first scope's time, UTC, the sky's as there is room, and the automatic.

        `badge` says what is not real; `read_only` says that nothing can be asked here.
        """
        scopes = tuple(scopes)
        left: list[Part] = [
            (" crowdsky ", "strong"),
            *time_parts(clock.now(), scope_zone(scopes)),
        ]
        badge = " · ".join(part for part in (READ_ONLY * read_only, badge) if part)
        right: list[Part] = [(f" {badge} ", "badge"), (" ", "")] if badge else []
        told = automatic_words(automatic, width)
        right = [(f"{told}  ", "accent"), *right] if told else right
        if unsafe := unsafe_words(conditions, width):
            right = [(f" {unsafe} ", "badge"), (" ", ""), *right]
        if sky is not None:
            room = width - parts_width(left) - parts_width(right)
            words = sky_words(sky, clock.now(), scope_zone(scopes))
            left += [(f"  {word}", "dim") for word in fitting(words, room)]
        self.show([spread(left, right, width)])
