"""What opens over the desk: one module for each screen or dialog."""
