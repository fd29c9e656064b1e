"""Coordinates, Sun and Moon, names and places of the sky."""
