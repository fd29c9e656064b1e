"""The night's times for the first line, the most important first. Pure functions."""

from datetime import datetime, timedelta, tzinfo

from crowdsky_tui.sky.sky_night import SkyNight


def sky_words(sky: SkyNight, now: datetime, zone: tzinfo | None) -> list[str]:
    """`dawn 05:58`, `Moon 63 % sets 01:12`, `LST 02:41` and the rest; local times of the scope."""
    ahead = [
        (name, when)
        for name, when in (
            ("sunset", sky.sunset),
            ("dusk", sky.dusk),
            ("dawn", sky.dawn),
            ("sunrise", sky.sunrise),
        )
        if when is not None and when > now
    ]
    words = [f"{name} {_local(when, zone)}" for name, when in ahead]
    first, rest = [*sky.sun_words(), *words[:1]], words[1:]
    return [*first, _moon_words(sky, now, zone), f"LST {_sidereal(sky, now)}", *rest]


def fitting(words: list[str], room: int) -> list[str]:
    """As many of the first words as fit in `room` cells, two between them."""
    taken: list[str] = []
    for word in words:
        if sum(len(each) + 2 for each in (*taken, word)) > room:
            break
        taken.append(word)
    return taken


def _moon_words(sky: SkyNight, now: datetime, zone: tzinfo | None) -> str:
    coming = [
        (when, verb)
        for when, verb in (
            (sky.moonrise, "rises"),
            (sky.moon_clears, "clears the trees"),
            (sky.moon_hides, "hides"),
            (sky.moonset, "sets"),
        )
        if when is not None and when > now
    ]
    lit = f"Moon {sky.moon_lit * 100:.0f} %"
    if sky.moon:
        return f"{lit} {sky.moon_words()}"
    if not coming:
        return lit
    when, verb = min(coming)
    return f"{lit} {verb} {_local(when, zone)}"


def _local(when: datetime, zone: tzinfo | None) -> str:
    """To the nearest minute, as tables have it."""
    return f"{(when + timedelta(seconds=30)).astimezone(zone):%H:%M}"


def _sidereal(sky: SkyNight, now: datetime) -> str:
    minutes = int(sky.sidereal_hours(now) * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
