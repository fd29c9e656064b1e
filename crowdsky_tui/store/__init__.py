"""What front ends look at."""
