"""Legs: the machines that share the queue of one execution."""

import dataclasses
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from orchestrator.db.models import ExecutionCase, ExecutionShard
from orchestrator.status import CASE_TERMINAL, CaseStatus


@dataclasses.dataclass(frozen=True, kw_only=True)
class LegWithCounts:
    """A leg, and how many of its cases stand where."""

    leg: ExecutionShard
    leased: int
    running: int
    done: int
    failed: int


def of_execution(session: Session, execution_id: int) -> Sequence[ExecutionShard]:
    """All attempts, those of one leg in their order."""
    return session.exec(
        select(ExecutionShard)
        .where(ExecutionShard.execution_id == execution_id)
        .order_by(col(ExecutionShard.shard_index), col(ExecutionShard.attempt))
    ).all()


def with_counts(session: Session, execution_id: int) -> list[LegWithCounts]:
    numbers: Counter[tuple[int, int]] = Counter()
    rows = session.exec(
        select(ExecutionCase.shard_id, ExecutionCase.status, func.count())
        .where(ExecutionCase.execution_id == execution_id, col(ExecutionCase.shard_id).is_not(None))
        .group_by(col(ExecutionCase.shard_id), col(ExecutionCase.status))
    )
    for shard_id, status, number in rows:
        numbers[shard_id or 0, status] = number
    return [
        LegWithCounts(
            leg=leg,
            leased=numbers[leg.id, CaseStatus.PENDING],
            running=numbers[leg.id, CaseStatus.RUNNING],
            done=sum(numbers[leg.id, status] for status in CASE_TERMINAL),
            failed=numbers[leg.id, CaseStatus.FAILED] + numbers[leg.id, CaseStatus.BLOCKED],
        )
        for leg in of_execution(session, execution_id)
    ]
