"""The night without a terminal, and how an app attaches to it over a Unix socket."""
