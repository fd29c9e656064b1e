"""What the program knows of terminals and of Textual's inside."""
