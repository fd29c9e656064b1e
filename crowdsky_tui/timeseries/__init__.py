"""Numerics of many frames: curves, what is found in them, and how sure that is."""
