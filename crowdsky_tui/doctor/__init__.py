"""Is everything fit for a night: the doctor, clock sanity, a bundle for a bug report."""
