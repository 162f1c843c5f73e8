"""Executions whose runner is to be asked."""

from typing import Final

from sqlalchemy import and_, func, or_
from sqlmodel import Session, col, select

from orchestrator.models import Execution
from orchestrator.status import OPEN, ExecutionStatus

#: ended executions among so many of the newest are asked for a report.
_NEWEST: Final = 500


def followed(session: Session, runner: str) -> list[Execution]:
    """The runner's open ones, and newly ended ones whose build may still publish a report."""
    newest = session.exec(select(func.max(Execution.id))).one() or 0
    is_open = and_(
        col(Execution.status).in_(OPEN), col(Execution.status) != ExecutionStatus.WAITING
    )
    lacks_report = and_(
        col(Execution.id) > newest - _NEWEST,
        col(Execution.status).not_in(OPEN),
        col(Execution.jenkins_build_number).is_not(None),
        col(Execution.report_url).is_(None),
    )
    return list(
        session.exec(
            select(Execution)
            .where(or_(is_open, lacks_report), Execution.runner == runner)
            .order_by(col(Execution.id))
        )
    )
