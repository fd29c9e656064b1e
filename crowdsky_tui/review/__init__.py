"""Which stacks may leave: grades, verdicts, and looking at them one by one."""
