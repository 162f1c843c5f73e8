"""The session of a piece of written work: what it changed, and who hears of what it ended."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from sqlalchemy import Connection, CursorResult, Executable
from sqlmodel import Session

#: `(status, project_id)` → the names of the webhooks that want to hear of such an end.
Subscribers = Callable[[int, int | None], Sequence[str]]


class WriteSession(Session):
    """What `Writer` gives to the work that it does."""

    def __init__(
        self, connection: Connection, *, subscribers: Subscribers | None = None, **options: Any
    ) -> None:
        super().__init__(connection, **options)
        #: executions that listeners see otherwise now: told to them after the commit.
        self.changed_executions: set[int] = set()
        #: None: nobody hears of ends.
        self.subscribers = subscribers
        #: lines of log by execution, said after the commit.
        self.ends: dict[int, tuple[int, str]] = {}


def affected_rows(session: Session, statement: Executable) -> int:
    """Run an UPDATE; how many rows it met."""
    return cast("CursorResult[Any]", session.execute(statement)).rowcount
