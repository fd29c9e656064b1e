"""Alerts: what others ask to be observed now, read, told apart, judged for tonight, and kept."""
