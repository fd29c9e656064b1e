"""Devices over ASCOM Alpaca: found, connected, read and told over HTTP."""
