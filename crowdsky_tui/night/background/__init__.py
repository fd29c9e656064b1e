"""What a night looks up in the background."""
