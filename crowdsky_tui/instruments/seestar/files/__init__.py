"""The telescope's files, over SMB, HTTP or a mounted folder."""
