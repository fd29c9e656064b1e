"""Everybody's frames around a target, as the archive answers."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from crowdsky_tui.errands.records import ArchiveAnswer
from crowdsky_tui.screens.list_dialog import ListDialog
from crowdsky_tui.server.frames import ArchiveFrame
from crowdsky_tui.widgets.columns import Column
from crowdsky_tui.widgets.format import count, minutes, number
from crowdsky_tui.widgets.rows import Row
from crowdsky_tui.widgets.table import Table

COLUMNS = (
    Column("begun (UTC)", 16),
    Column("object", 8, flex=1),
    Column("filter", 6),
    Column("subs", 4, right=True, drop=3),
    Column("min", 5, right=True),
    Column("sqm", 4, right=True, drop=2),
    Column("stars", 5, right=True, drop=4),
    Column("id", 8, right=True, drop=1),
)


class ArchiveFrames(ListDialog[ArchiveFrame]):
    """Dismissed with the frame to download, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("D,d,enter", "download", show=False),
    ]
    hints = "D download · esc close"

    def __init__(self, target: str, answer: ArchiveAnswer) -> None:
        super().__init__()
        around = f"{answer.ra_deg:.2f}° {answer.dec_deg:+.2f}°"
        self.title_text = (
            f"Archive · {count(len(answer.frames), 'frame')} around {target}, {around}"
        )
        self._frames = answer.frames[::-1]

    def body(self) -> list[Widget]:
        self.table: Table[ArchiveFrame] = Table(COLUMNS, frame_cells, lambda frame: frame.id)
        self.table.active = True
        self._fit()
        return [self.table]

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        self.table.styles.height = min(max(len(self._frames), 4) + 1, self.app.size.height - 4)

    def on_mount(self) -> None:
        self.table.show(self._frames, "Nobody has sent a frame of this part of the sky yet")

    def action_download(self) -> None:
        if self.table.selected is not None:
            self.dismiss(self.table.selected)

    def on_table_opened(self) -> None:
        self.action_download()


def frame_cells(frame: ArchiveFrame) -> Row:
    begun = frame.date_obs_start
    return (
        ("–" if begun is None else f"{begun:%Y-%m-%d %H:%M}", ""),
        (frame.object_name, ""),
        (frame.filter_name, ""),
        (number(frame.n_frames_aligned), ""),
        (minutes(frame.total_exptime), ""),
        (number(frame.sqm, 1), "dim"),
        (number(frame.n_stars_detected), "dim"),
        (str(frame.id), "dim"),
    )
