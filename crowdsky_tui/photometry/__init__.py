"""Numerics of one frame."""
