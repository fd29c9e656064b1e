"""The full-screen app. Nothing else imports Textual."""
