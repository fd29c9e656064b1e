"""One Seestar: its socket (`connection`), its `files`, its `stacking`, what it is told (`control`).

`service` holds them together, `instrument` shows it as any instrument, `factory` makes one of the
settings.
"""
