"""crowdsky-tui: a Seestar's night, stacked, reviewed, uploaded and proved, from a terminal."""

__version__ = "0.2.0"
