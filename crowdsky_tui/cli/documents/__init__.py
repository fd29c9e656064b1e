"""What `--json` prints: a type for each document, by which it is written, and its JSON Schema."""
