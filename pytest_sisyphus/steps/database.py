"""`type: database`: one statement, or a script of them, on one of the case's databases."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field, ValidationInfo, model_validator

from ..dialect.database import DatabaseRef
from ..dialect.model import Late, Text, Value
from ..dialect.reading import reading, refuse, shown
from ..dialect.step import StepSpec
from ..located import plain
from ..models.result import Outcome
from ..registry import near
from ..transport.statement import Operation, Statement
from .protocol import StepContext, StepType
from .sql_template import render_sql

OPERATIONS: Final[Mapping[str, Operation]] = {
    "query": "query",
    "execute": "execute",
    "exec": "execute",
    "executemany": "executemany",
    "script": "script",
}


class DatabaseSpec(StepSpec):
    database: Annotated[
        DatabaseRef, Field(description="an alias of config.databases, a URL, or settings")
    ]
    operation: Annotated[
        Text, Field(description="query (rows), execute (exec), executemany or script")
    ] = "query"
    sql: Annotated[Text, Late, Field(description="the SQL; values belong into params")]
    params: Annotated[
        Value,
        Field(description="mapping for :name, list for ? or %s; executemany: a list of those"),
    ] = None

    @model_validator(mode="after")
    def _fitting(self, info: ValidationInfo) -> "DatabaseSpec":
        final = reading(info).rendered
        if final or "${" not in self.operation:
            self._refuse_misfits(final=final)
        return self

    def _refuse_misfits(self, *, final: bool) -> None:
        operation = OPERATIONS.get(self.operation)
        if operation is None:
            raise refuse(
                f"no operation {self.operation!r}{near(self.operation, OPERATIONS)}",
                self.place_of("operation"),
            )
        if isinstance(self.params, str) and not final:
            return
        many = operation == "executemany"
        if operation == "script" and self.params is not None:
            raise refuse("a script takes no params; statements that need values are steps")
        if many and not _is_many(self.params):
            raise refuse("executemany takes params: a list of mappings, or a list of lists")
        if not many and not isinstance(self.params, Mapping | list | None):
            raise refuse(
                f"params is a mapping or a list, got {shown(self.params)}", self.place_of("params")
            )


def _is_many(params: Any) -> bool:
    if not isinstance(params, list) or not params:
        return False
    return all(isinstance(one, Mapping) for one in params) or all(
        isinstance(one, list) for one in params
    )


def run(spec: DatabaseSpec, context: StepContext) -> Outcome:
    """Raises ConfigError, DatabaseFailed, TimedOut."""
    database = context.databases.find(spec.database)
    statement = Statement(
        operation=OPERATIONS[spec.operation],
        sql=render_sql(spec.sql, context.scope, database.backend, spec.place_of("sql")),
        params=plain(spec.params),
    )
    answer = context.databases.run(database, statement, context.limit)
    rows = [dict(row) for row in answer.rows]
    document = {
        "rows": rows,
        "data": rows,
        "row_count": answer.row_count,
        "columns": list(answer.columns),
        "last_row_id": answer.last_row_id,
    }
    return Outcome(document=document)


DATABASE = StepType(
    name="database",
    spec=DatabaseSpec,
    run=run,
    description="SQL on SQLite, PostgreSQL, MySQL or MariaDB; each step commits by itself",
    retried=True,
)
