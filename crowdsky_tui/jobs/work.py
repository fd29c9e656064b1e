"""The engine's queue and its work, for jobs about stacks."""

from crowdsky_tui.jobs.engine import queue as engine
from crowdsky_tui.jobs.engine.work import Work as WorkOn
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.order import Order

JobQueue = engine.JobQueue[Journal]
Context = engine.Context[Journal, Order]
"""What such a job may do to journal, ledger and screen."""
Work = WorkOn[Order, Context]
"""How one kind of them is done."""
