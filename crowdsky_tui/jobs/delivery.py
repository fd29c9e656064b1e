"""How far the delivery of a stack to the server is, as the ledger says it."""

from enum import StrEnum


class Delivery(StrEnum):
    """The values stand in the journal.

    SENDING: some bytes are sent, the last one is held back. DOUBT: the last byte may have gone, no
    answer came. SENT: accepted, queued. CONFIRMED: its row is in the server's list.
    """

    NOTHING_SENT = ""
    SENDING = "sending"
    DOUBT = "doubt"
    SENT = "sent"
    CONFIRMED = "confirmed"


ACCEPTED = frozenset({Delivery.SENT, Delivery.CONFIRMED})
HANDED_OVER = ACCEPTED | {Delivery.DOUBT}
UNLISTED = frozenset({Delivery.DOUBT, Delivery.SENT})
"""What was handed over, or may have been, and was not seen in the list."""
NOT_HANDED_OVER = frozenset({Delivery.NOTHING_SENT, Delivery.SENDING})
