"""Sensors that answer over a TCP port, a pseudo-terminal, a file or the web."""
