"""What a user asks of the server and the archive, beside the nightly work."""
