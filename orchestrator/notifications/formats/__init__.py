"""A notification in the format of each receiver: one module a format."""
