"""Rows in, rows out: the only statements of the service, each on a session that it is given."""
