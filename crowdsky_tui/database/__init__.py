"""What the program remembers beside the journal: SQLite, or PostgreSQL for those who share it."""
