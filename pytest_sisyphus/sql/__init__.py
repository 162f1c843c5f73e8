"""Databases of cases: connections, statements, SQL text and values."""
