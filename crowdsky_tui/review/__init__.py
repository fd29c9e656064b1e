"""Which stacks may leave: grades, verdicts and the desk where one looks at them."""
