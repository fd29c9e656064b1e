"""Altitudes over a night as one short line of bars; every list of targets shows them so. Pure."""

from datetime import datetime, timedelta, tzinfo

from crowdsky_tui.sky.night_altitudes import NightAltitudes

BARS = "▁▂▃▅▆▇"
LOW = "·"
"""Where it is too low, or behind trees."""


def altitude_bar(altitude_deg: float, least_deg: float = 0.0) -> str:
    """One cell: the higher the fuller; a dot below `least_deg`."""
    if altitude_deg <= least_deg:
        return LOW
    return BARS[min(max(int(altitude_deg / 90 * len(BARS)), 0), len(BARS) - 1)]


def dark_steps(night: NightAltitudes) -> list[int]:
    """The steps of a night that are dark; all of them where it is never dark."""
    return [step for step, dark in enumerate(night.dark) if dark] or list(range(len(night.dark)))


def altitude_bars(night: NightAltitudes, name: str, cells: int) -> str:
    """A target's altitude from dusk to dawn in so many cells; blank where it is not known."""
    way, steps = night.ways.get(name), dark_steps(night)
    if way is None or not steps:
        return ""
    chosen = (steps[int((cell + 0.5) * len(steps) / cells)] for cell in range(cells))
    return "".join(altitude_bar(way.altitude_deg[step], way.line_deg[step]) for step in chosen)


def altitude_words(night: NightAltitudes, name: str, zone: tzinfo | None) -> str:
    """`63° at 22:40, over the trees 19:40–04:10`, of the dark hours; empty if it is not known."""
    way, steps = night.ways.get(name), dark_steps(night)
    if way is None or not steps:
        return ""
    free = [step for step in steps if way.altitude_deg[step] > way.line_deg[step]]
    if not free:
        return "never over the trees in the dark"
    best = max(free, key=lambda step: way.altitude_deg[step])
    spans: list[list[int]] = []
    for step in free:
        if spans and step == spans[-1][1] + 1:
            spans[-1][1] = step
        else:
            spans.append([step, step])
    told = ", ".join(
        f"{_clock(night, first, zone)}–{_clock(night, last + 1, zone)}" for first, last in spans
    )
    highest = f"{way.altitude_deg[best]}° at {_clock(night, best, zone)}"
    return f"{highest}, over the trees {told}"


def _clock(night: NightAltitudes, step: int, zone: tzinfo | None) -> str:
    when: datetime = night.begins + step * timedelta(minutes=night.step_minutes)
    return f"{when.astimezone(zone):%H:%M}"
