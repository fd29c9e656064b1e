"""An ASCOM Alpaca server with its devices, as a stand-in that is stricter than the real ones."""
