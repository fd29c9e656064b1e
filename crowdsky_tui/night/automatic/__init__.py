"""The night that runs by itself: whether it is day, when to begin, what to keep."""
