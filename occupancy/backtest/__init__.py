"""The back-test: a period of the past judged again, with the same code as the service."""
