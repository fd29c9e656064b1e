"""The ledger in memory: open where it is at hand, packed where it is settled and far away.

A settled stack (proved, its row known) is looked at again only while its day's sub-frames or stacks
are on a telescope. The other days are kept as one compressed piece each: a twentieth of the room.
"""

import zlib
from collections.abc import Collection, Iterable, Mapping

import msgspec

from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.server_list import slots_of

_entries = msgspec.json.Decoder(list[LedgerEntry])


class LedgerBook:
    """`open` holds the entries of the days that are at hand, and all that is not settled.

    `proved` says of every settled stack, by its row's number, whether its file is on this machine.
    `changes` counts what was noted.
    """

    def __init__(self) -> None:
        self.open: dict[str, LedgerEntry] = {}
        self.proved: dict[int, bool] = {}
        self.changes = 0
        self._packed: dict[str, bytes] = {}
        self._at_hand: tuple[frozenset[str], int] | None = None

    def note(self, entry: LedgerEntry) -> None:
        """An entry is new, or has changed."""
        self._unpack(_days(entry))
        stack_id, before = entry.order.stack_id, self.open.get(entry.order.stack_id)
        if before is not None and before.row_id is not None:
            self.proved.pop(before.row_id, None)
        if _settled(entry) and entry.row_id is not None:
            self.proved[entry.row_id] = bool(entry.local_path)
            entry = entry.slim()
        self.open[stack_id] = entry
        self.changes += 1

    def keep_at_hand(self, chunks: Iterable[str]) -> Mapping[str, LedgerEntry]:
        """Have the days of these chunks open, and pack the settled ones of all others."""
        asked = (frozenset(chunk[:8] for chunk in chunks), self.changes)
        if asked != self._at_hand:
            self._at_hand = asked
            days = set(asked[0])
            for entry in self.open.values():
                if not _settled(entry):
                    days |= _days(entry)
            self._unpack(days)
            self._pack(days)
        return self.open

    def _pack(self, at_hand: Collection[str]) -> None:
        far: dict[str, list[LedgerEntry]] = {}
        for entry in self.open.values():
            own = _days(entry)
            if len(own) == 1 and own.isdisjoint(at_hand) and _settled(entry):
                far.setdefault(own.pop(), []).append(entry)
        for day, entries in far.items():
            for entry in entries:
                del self.open[entry.order.stack_id]
            self._packed[day] = zlib.compress(msgspec.json.encode(entries))

    def _unpack(self, days: Collection[str]) -> None:
        for day in self._packed.keys() & days:
            for entry in _entries.decode(zlib.decompress(self._packed.pop(day))):
                self.open[entry.order.stack_id] = entry.slim()


def _settled(entry: LedgerEntry) -> bool:
    return entry.upload == Delivery.CONFIRMED and entry.row_id is not None


def _days(entry: LedgerEntry) -> set[str]:
    """The UTC days, `YYYYMMDD`, on which the entry's row may be."""
    return {slot[:8] for slot in slots_of(entry)}
