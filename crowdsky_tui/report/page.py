"""The morning as one self-contained page of HTML: no script, nothing from elsewhere. Pure.

Every text is escaped here, whoever wrote it.
"""

import base64
from collections.abc import Iterable, Sequence
from datetime import timedelta
from html import escape

import msgspec

from crowdsky_tui.report.page_curves import curve_svg
from crowdsky_tui.report.report import Report, report_text
from crowdsky_tui.report.trends import Series
from crowdsky_tui.store.store import BlockState, BlockView

MOST_BYTES = 1_500_000
"""Of a page: what every notice service carries. Pictures are left out before it grows larger."""
MOST_ROWS, MOST_CURVES, MOST_TEXT = 40, 24, 100_000
QUARTER = timedelta(minutes=15)
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
GLYPHS = {
    BlockState.RECORDING: "░", BlockState.SHORT: "·", BlockState.UNCLEAR: "?",
    BlockState.READY: "□", BlockState.WAITING: "○", BlockState.STACKING: "◐",
    BlockState.STACKED: "■", BlockState.FETCHED: "▼", BlockState.HELD: "=",
    BlockState.REJECTED: "–", BlockState.SAME: "≡", BlockState.SENDING: "△",
    BlockState.SENT: "▲", BlockState.CONFIRMED: "✓", BlockState.FAILED: "✗",
}  # fmt: skip
STYLE = """
:root { color-scheme: dark light; }
body { font: 16px/1.45 system-ui, sans-serif; }
body { margin: 1rem auto; max-width: 60rem; padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
.verdict { font-size: 1.15rem; font-weight: 600; }
.needs li { margin: .2rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; } td, th { padding: .1rem .5rem; text-align: left; }
.ribbon td { padding: 0; min-width: .8rem; font-family: monospace; text-align: center; }
.ribbon th { font-weight: 400; padding: 0 .5rem 0 0; }
.pictures { display: flex; flex-wrap: wrap; gap: .8rem; } figure { margin: 0; width: 15rem; }
img { max-width: 100%; display: block; } figcaption { font-size: .85rem; }
.curves { display: flex; flex-wrap: wrap; gap: .8rem; } svg { max-width: 100%; }
pre { font-size: .8rem; overflow-x: auto; }
"""


class PagePicture(msgspec.Struct, frozen=True):
    """A JPEG with what it is: its title, and why it is shown."""

    title: str
    words: str
    jpeg: bytes


class PageCurve(msgspec.Struct, frozen=True):
    """A series of numbers, and whose it is."""

    source: str
    series: Series
    upward: str = "more"


def report_page(
    report: Report,
    blocks: Iterable[BlockView],
    pictures: Sequence[PagePicture] = (),
    curves: Sequence[PageCurve] = (),
) -> str:
    """The page, of `MOST_BYTES` at most.

    Parameters
    ----------
    report : Report
        The night, as the text has it; all of that text stands at the page's end.
    blocks : iterable of BlockView
        The night's blocks, for the ribbon; times in the scope's zone.
    pictures : sequence of PagePicture
        The most wanted first: those that do not fit are counted instead.
    curves : sequence of PageCurve
        Each is drawn as inline SVG; without points it is left out.

    """
    parts = [
        f"<h1>{_title(report)}</h1>",
        f'<p class="verdict">{escape(report.verdict)}.</p>',
        _list("Your stars", "needs", report.stars),
        _list("Needs you", "needs", report.human),
        _ribbon(list(blocks)),
        "{pictures}",
        _curves(curves),
        f"<h2>Everything</h2><pre>{escape(report_text(report)[:MOST_TEXT])}</pre>",
    ]
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{_title(report)}</title><style>{STYLE}</style></head><body>"
    )
    around = len("".join([head, *parts]).encode()) + len("</body></html>\n") + 400
    shown = _pictures(pictures, MOST_BYTES - around)
    body = "".join(shown if part == "{pictures}" else part for part in parts)
    return f"{head}{body}</body></html>\n"


def _title(report: Report) -> str:
    morning = report.night + timedelta(days=1)
    return escape(f"CrowdSky, night of {report.night:%d %b} to {morning:%d %b %Y}")


def _list(title: str, kind: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    shown = "".join(f"<li>{escape(line[:600])}</li>" for line in lines[:MOST_ROWS])
    more = f"<li>and {len(lines) - MOST_ROWS} more</li>" if len(lines) > MOST_ROWS else ""
    return f'<h2>{escape(title)}</h2><ul class="{kind}">{shown}{more}</ul>'


def _ribbon(blocks: Sequence[BlockView]) -> str:
    """A row for each target and scope, a cell for each quarter of an hour; told by signs."""
    if not blocks:
        return ""
    first = min(view.block_start for view in blocks).replace(minute=0)
    last = max(view.block_start for view in blocks)
    cells = min(int((last - first) / QUARTER) + 1, 4 * 24)
    rows: dict[tuple[str, str], dict[int, BlockView]] = {}
    for view in blocks:
        row = rows.setdefault((view.target, view.key.target.scope), {})
        row[int((view.block_start - first) / QUARTER)] = view
    hours = "".join(f'<th colspan="4">{first + at * QUARTER:%H}</th>' for at in range(0, cells, 4))
    body = "".join(
        f"<tr><th>{escape(target)} · {escape(scope)}</th>"
        + "".join(_cell(row.get(at)) for at in range(cells))
        + "</tr>"
        for (target, scope), row in list(rows.items())[:MOST_ROWS]
    )
    used = {view.state for view in blocks}
    signs = " &nbsp; ".join(
        f"{glyph} {escape(state.value)}" for state, glyph in GLYPHS.items() if state in used
    )
    return (
        '<h2>The night</h2><div class="wide"><table class="ribbon">'
        f"<tr><th></th>{hours}</tr>{body}</table></div><p>{signs}</p>"
    )


def _cell(view: BlockView | None) -> str:
    if view is None:
        return "<td></td>"
    words = f"{view.block_start:%H:%M} {view.state.value} {view.reason}".strip()
    return f'<td title="{escape(words[:200])}">{GLYPHS[view.state]}</td>'


def _pictures(pictures: Sequence[PagePicture], room: int) -> str:
    shown: list[str] = []
    for each in pictures:
        data = base64.b64encode(each.jpeg).decode()
        title, words = escape(each.title[:200]), escape(each.words[:300])
        figure = (
            f'<figure><img src="data:image/jpeg;base64,{data}" alt="{title}">'
            f"<figcaption>{title}<br>{words}</figcaption></figure>"
        )
        room -= len(figure.encode())
        if room < 0:
            break
        shown.append(figure)
    left = len(pictures) - len(shown)
    more = f"<p>{left} more pictures have no room here.</p>" if left else ""
    if not shown and not more:
        return ""
    return f'<h2>Pictures</h2><div class="pictures">{"".join(shown)}</div>{more}'


def _curves(curves: Sequence[PageCurve]) -> str:
    drawn = [svg for each in curves if (svg := curve_svg(each.source, each.series, each.upward))]
    if not drawn:
        return ""
    return f'<h2>Curves</h2><div class="curves">{"".join(drawn[:MOST_CURVES])}</div>'
