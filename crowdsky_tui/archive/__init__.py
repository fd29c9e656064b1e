"""Every frame the user has or could have: what is known of it, where it is, what may go."""
