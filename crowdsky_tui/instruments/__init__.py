"""What observes. One folder for each kind of instrument."""
