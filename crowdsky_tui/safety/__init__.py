"""Whether it is safe to observe: what the sensors say, merged."""
