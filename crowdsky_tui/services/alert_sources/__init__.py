"""Who calls for observations, and AAVSO's catalogues: asked over HTTP, or listened to."""
