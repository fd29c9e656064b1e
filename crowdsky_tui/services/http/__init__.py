"""What every service needs: connection, credentials, limits, sending, replies."""
