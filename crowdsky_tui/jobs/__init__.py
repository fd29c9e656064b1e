"""What is being done: the queue with its journal, the kinds of job, and the ledger of stacks."""
