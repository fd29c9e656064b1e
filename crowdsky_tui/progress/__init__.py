"""How far everything is: telescopes, blocks, server, joined and explained."""
