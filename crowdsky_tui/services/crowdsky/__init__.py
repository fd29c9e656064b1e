"""The CrowdSky server: its clients, its rows, and which rows prove which stacks."""
