"""Other programs' target lists: one reader for each format, told apart by their content."""
