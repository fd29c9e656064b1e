"""The telescope's control socket: found, signed in, asked and answered."""
