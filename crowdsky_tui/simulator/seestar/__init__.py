"""A Seestar telescope, as a stand-in on real sockets."""
