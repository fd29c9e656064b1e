"""Stacking a block on the telescope, and finding what came of it."""
