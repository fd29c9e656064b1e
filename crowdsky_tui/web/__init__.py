"""The full-screen app in a browser on this machine, and on no other address."""
