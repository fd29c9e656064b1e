"""What to observe: the list of targets, and how lists come in and go out."""
