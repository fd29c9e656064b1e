"""The night that runs by itself: when to begin, what to keep."""
