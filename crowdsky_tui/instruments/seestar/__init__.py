"""One Seestar: its command socket (`rpc`), its files (`access`), its service (`service`)."""
