"""What is told in the morning, and by notices through the night."""
