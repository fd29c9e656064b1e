"""Services on the network."""
