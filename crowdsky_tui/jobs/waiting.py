"""How long ago a file was handed over, by the clock that nobody sets, as far as that is proved.

What the wall's clock said before it was set proves nothing, nor does a night that the machine slept
through: the steady clock counts neither. It begins anew with each start of the machine, so the job
keeps the seconds that were counted before; the time without the machine is not counted.
"""

from datetime import timedelta

from crowdsky_tui.base.clock import BOOT, Clock
from crowdsky_tui.jobs.engine.model import fact_number
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.work import Context

NOTE_EVERY_S = 600.0
"""So much may be forgotten when the machine is started anew."""


async def waited(entry: LedgerEntry, context: Context, clock: Clock) -> timedelta:
    """Time since the last byte of `entry` was let go. An older journal knows the wall's time only.

    Counts on in the job's facts: call it at each look.
    """
    if not entry.sent_boot:
        return max(clock.now() - (entry.sent_at or context.job.asked_at), timedelta())
    facts, now = context.job.facts, clock.steady()
    noted = fact_number(facts, "waited_s")
    if entry.sent_boot == BOOT:
        earlier, here = 0.0, now - entry.sent_steady
    elif facts.get("boot") == BOOT:
        earlier, here = fact_number(facts, "earlier_s"), now
    else:
        earlier, here = noted, now
    total = earlier + max(here, 0.0)
    if facts.get("boot") != BOOT or total - noted >= NOTE_EVERY_S:
        await context.note("wait", {"waited_s": total, "earlier_s": earlier, "boot": BOOT})
    return timedelta(seconds=total)
