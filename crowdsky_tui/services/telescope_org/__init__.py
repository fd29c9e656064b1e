"""The robotic telescopes of telescope.org: signing in, requests, jobs, pictures, asking for one."""
