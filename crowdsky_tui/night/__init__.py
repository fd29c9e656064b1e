"""What happens between dusk and the morning report, without a terminal."""
