"""What the telescope is told to do, and what it says of itself."""
