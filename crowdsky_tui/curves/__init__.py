"""Light curves of the user's stars: projects, what is done of them, and how they are reported."""
