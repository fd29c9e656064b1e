"""A stand-in for the surveys and star lists that projects of curves may ask."""
