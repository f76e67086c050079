"""The device link: events up and answers down over one TCP connection on loopback."""
