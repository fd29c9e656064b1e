"""telescope.org, as a stand-in that is as odd as the site: pages, JSON, pictures, faults."""
