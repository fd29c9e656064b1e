"""What makes a release of the sources: documentation, packages, checksums."""
