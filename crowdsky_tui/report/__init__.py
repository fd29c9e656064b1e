"""The morning report, and how a night went by its records."""
