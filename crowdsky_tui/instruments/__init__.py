"""What observes, and what all of it has in common. One folder for each kind of instrument."""
