"""A rig: mount, camera, wheel, focuser and heater of Alpaca and INDI servers as one instrument."""
