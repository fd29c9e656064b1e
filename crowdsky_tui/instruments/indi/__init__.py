"""Devices of INDI servers, in ASCOM's words as a rig speaks them."""
