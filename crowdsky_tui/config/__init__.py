"""The settings: what can be set, how it is read, checked, described and written."""
