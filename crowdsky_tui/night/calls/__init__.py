"""What can be asked of a night: one record for each call, which carries itself out."""
