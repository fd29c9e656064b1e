"""What goes over the wire, told to whoever records it: nobody, unless a flight recorder listens."""

import logging

logger = logging.getLogger("crowdsky_tui.base.wire_log")
logger.propagate = False  # never into the log file: it has not been redacted
logger.addHandler(logging.NullHandler())
logger.setLevel(logging.INFO)


def tell(kind: str, who: str, said: bytes | str) -> None:
    """One line of traffic: `kind` is "to scope", "from scope" or "server"."""
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug(kind, extra={"who": who, "said": said})
