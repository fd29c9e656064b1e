"""What surveys answer, read into points: each survey's form is one file."""
