"""Notices to the user's phone: when, and how they are sent."""
