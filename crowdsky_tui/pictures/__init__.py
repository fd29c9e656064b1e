"""Pictures and films as files of the user: where they go, and how a film is made."""
