"""What surveys have of a star, drawn over one's own points: by glyphs, never as one curve. Pure."""

from collections.abc import Sequence

from crowdsky_tui.curves.survey_points import SurveySeries
from crowdsky_tui.tui.format.curves import DAY_S, JD_OF_1970, Fold, Marks

GLYPHS = "+*#%&=@"
LIMIT = "v"
"""Seen by nobody: fainter than that."""
OFF = "their days are as they tell them, up to 8 min off yours"


def _names(series: Sequence[SurveySeries]) -> list[str]:
    return list(dict.fromkeys(f"{each.survey} {each.band}".strip() for each in series))


def survey_marks(series: Sequence[SurveySeries], fold: Fold | None) -> Marks:
    """Points of each survey and band by its glyph; those of differences are left out."""
    names = _names(series)
    marks: dict[str, list[tuple[float, float]]] = {}
    for each in series:
        if each.system != "STD":
            continue
        glyph = GLYPHS[names.index(f"{each.survey} {each.band}".strip()) % len(GLYPHS)]
        for point in each.points:
            places = marks.setdefault(LIMIT if point.limit else glyph, [])
            if fold is None:
                places.append(((point.day - JD_OF_1970) * DAY_S, point.mag))
            else:
                phase = ((point.day - fold.epoch) / fold.period_d) % 1.0
                places += [(phase, point.mag), (phase + 1, point.mag)]
    return tuple((glyph, tuple(places)) for glyph, places in marks.items())


def survey_legend(series: Sequence[SurveySeries]) -> str:
    """Which glyph is which survey's band, and how many points each has."""
    names = _names(series)
    counts = dict.fromkeys(names, 0)
    for each in series:
        counts[f"{each.survey} {each.band}".strip()] += len(each.points)
    told = [
        f"{GLYPHS[place % len(GLYPHS)]} {name} ({counts[name]})" for place, name in enumerate(names)
    ]
    limits = any(point.limit for each in series for point in each.points)
    return "  ".join([*told, *([f"{LIMIT} fainter"] if limits else []), OFF])
