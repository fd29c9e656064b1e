"""The CrowdSky server, as a stand-in that is as strict as the real one."""
