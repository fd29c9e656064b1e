"""A stand-in for an INDI server, with its devices and faults."""
