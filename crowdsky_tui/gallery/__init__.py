"""The pictures of a target's stacks: where they come from, and where they are kept."""
