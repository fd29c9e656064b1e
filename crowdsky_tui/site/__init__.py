"""Where the telescopes stand: the place, and the horizon around it."""
