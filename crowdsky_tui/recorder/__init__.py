"""The flight recorder: a redacted night of traffic in a file, and the same night played again."""
