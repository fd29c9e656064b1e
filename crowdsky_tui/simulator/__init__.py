"""Stand-ins for telescopes and the CrowdSky server, on real sockets, and a scripted night."""
