"""Surveys that measured the same stars: how each is asked, and how each fails."""
