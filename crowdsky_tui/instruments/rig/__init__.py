"""A rig: mount, camera, filter wheel, focuser and heater of Alpaca servers as one instrument."""
