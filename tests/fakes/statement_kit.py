"""The statements that reach a database."""

import contextlib

from sqlalchemy import event


@contextlib.contextmanager
def recorded(*databases):
    """`(text, values)` of each, in order."""
    statements = []

    def note(_connection, _cursor, text, values, _context, _many):
        statements.append((text, values))

    for database in databases:
        event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        for database in databases:
            event.remove(database.engine, "before_cursor_execute", note)
